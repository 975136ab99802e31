import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { sendRaw, startServer } from './support.ts';

leakCheck();

const MEBIBYTE = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
/** Short, for tests that wait until it is over. */
const SHORT = { requestTimeoutMs: 300 };

interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

describe('a request that is too large', () => {
  test('is refused beyond 1 MiB, in the words of its route', async () => {
    const { fetch } = await startServer();
    const post = (path: string, bytes: number) =>
      fetch(path, { method: 'POST', headers: JSON_TYPE, body: `"${'x'.repeat(bytes - 2)}"` });
    expect((await post('/rpc', MEBIBYTE)).status).toBe(200);
    const rpc = await post('/rpc', MEBIBYTE + 1);
    expect([rpc.status, await rpc.json()]).toEqual([
      413,
      {
        jsonrpc: '2.0',
        id: null,
        error: { code: -32004, message: expect.any(String), data: { code: 'request-too-large' } },
      },
    ]);
    const http = await post('/api/v1/instances', MEBIBYTE + 1);
    expect([http.status, ((await http.json()) as ErrorBody).error.code]).toEqual([413, 'request-too-large']);
  });

  test('is refused with a head beyond what Node takes', async () => {
    const { where } = await startServer();
    const text = await sendRaw(
      where,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 431 [^]*"code":"request-too-large"/);
  });
});

test.each([
  ['bytes that are no HTTP', 'hello\r\n\r\n', 400, 'request-malformed'],
  [
    'a path that cannot be decoded',
    'GET /api/v1/tasks/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    400,
    'request-malformed',
  ],
])('%s are answered in the one shape of errors', async (_, bytes, status, code) => {
  const { where } = await startServer();
  const text = await sendRaw(where, bytes);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual({
    error: { code, message: expect.any(String), details: [] },
  });
});

test('more requests than allowed in a second are refused, with the time to wait', async () => {
  const { fetch, rpc, where } = await startServer({ limits: { rateLimit: 3 } });
  const answers = await Promise.all(Array.from({ length: 6 }, () => fetch('/api/v1/instances')));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(((await refused?.json()) as ErrorBody).error.code).toBe('too-many-requests');
  // another client has a count of its own
  expect((await globalThis.fetch(`${where}/healthz`)).status).toBe(200);
  const calls = await Promise.all(Array.from({ length: 6 }, () => rpc('list_instances')));
  const bodies = (await Promise.all(calls.map((call) => call.json()))) as { error?: { code: number } }[];
  expect(bodies.some(({ error }) => error?.code === -32003)).toBe(true);
});

describe('a client that takes its time', () => {
  test('with the head of a request is hung up on', async () => {
    const { where } = await startServer({ limits: SHORT });
    const text = await sendRaw(where, 'GET /healthz HTTP/1.1\r\nHost: ');
    expect(text).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request-timeout"/);
  });

  test('with the body of a request is hung up on', async () => {
    const { where, token } = await startServer({ limits: SHORT });
    const head = `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n`;
    const text = await sendRaw(where, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"jsonrpc"`);
    expect(text).toMatch(/^HTTP\/1\.1 503 [^]*connection: close[^]*"code":"request-timeout"/);
  });
});

test('a call that takes too long is answered before it is over', async () => {
  const { rpc, api, log } = await startServer({ limits: SHORT });
  let open = (): void => undefined;
  api.gate = new Promise((resolve) => (open = resolve));
  const answer = await rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  expect([answer.status, await answer.json()]).toMatchObject([503, { error: { data: { code: 'request-timeout' } } }]);
  open();
  await api.gate;
  expect(log.lines().filter(({ level }) => level === 'error')).toEqual([]);
});

describe('a body of another type', () => {
  test.each([
    ['/rpc', 'text/plain', '{}'],
    ['/rpc', 'application/x-www-form-urlencoded', 'a=b'],
    ['/api/v1/instances', 'text/plain', '{}'],
    ['/api/v1/instances', 'application/gzip', '{}'],
  ])('%s as %s is refused', async (path, type, body) => {
    const { fetch } = await startServer();
    const answer = await fetch(path, { method: 'POST', headers: { 'content-type': type }, body });
    expect(answer.status).toBe(415);
    expect(JSON.stringify(await answer.json())).toContain('"media-type-refused"');
  });
});

test('once it is being closed, open connections get no further', async () => {
  const { where, api, app, token } = await startServer();
  let open = (): void => undefined;
  api.gate = new Promise((resolve) => (open = resolve));
  const params = { instance_ids: ['i-1'], payload: 'x' };
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'deploy_payload', params, id: 1 });
  const head = (line: string, rest: string): string =>
    `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${rest}`;
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(where).port) });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.write(head('POST /rpc', `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  await waitFor('the call', () => api.calls.length > 0);
  const closed = app.close();
  socket.write(head('GET /api/v1/instances', '\r\n'));
  await waitFor('the server to begin its end', () => !app.server.listening);
  open();
  await once(socket, 'close');
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 200 [^]*"payload_ids":\["pl-1"\]/);
  expect(text).not.toContain('"instances":[{');
});

test('/healthz says that the service is being stopped', async () => {
  const { fetch, api } = await startServer();
  api.status = 'stopping';
  const answer = await fetch('/healthz');
  expect([answer.status, await answer.json()]).toEqual([503, { status: 'stopping' }]);
});
