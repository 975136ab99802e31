import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { oneTimeSignIn } from '../../../src/service/http/sessions.ts';
import type { UiFile } from '../../../src/service/http/ui-files.ts';
import { Secret } from '../../../src/util/secret.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { startServer, type TestServer, type TestServerOptions } from './support.ts';

leakCheck();

const INDEX: UiFile = {
  type: 'text/html; charset=utf-8',
  etag: '"1"',
  isHashed: false,
  bodies: new Map([['identity', Buffer.from('<!doctype html>')]]),
};
const SCRIPT: UiFile = {
  type: 'text/javascript; charset=utf-8',
  etag: '"2"',
  isHashed: true,
  bodies: new Map([
    ['br', Buffer.from('packed')],
    ['identity', Buffer.from('as it is')],
  ]),
};
const FILES = new Map([
  ['index.html', INDEX],
  ['app-1.js', SCRIPT],
]);

function startUi(options: TestServerOptions = {}): Promise<TestServer> {
  return startServer({ ui: { files: FILES, place: 'here' }, ...options });
}

/** @returns the cookie that it gave, as a browser sends it */
async function signIn({ where, token }: TestServer): Promise<string> {
  const answer = await exchange(where, token);
  expect(answer.status).toBe(204);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

function exchange(where: string, secret: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ secret });
  return fetch(`${where}/ui/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

async function statusOf(where: string, path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return (await fetch(where + path, { method, headers })).status;
}

describe('the files of the page', () => {
  test('need no token, and forbid all that the page does not do', async () => {
    const { where } = await startUi();
    const answer = await fetch(`${where}/`);
    expect([answer.status, answer.url, await answer.text()]).toEqual([200, `${where}/ui/`, '<!doctype html>']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  test('are kept by the browser, packed, and asked for once', async () => {
    const { where } = await startUi();
    const head = (headers: Record<string, string>) => fetch(`${where}/ui/app-1.js`, { headers });
    const packed = await rawGet(`${where}/ui/app-1.js`, { 'accept-encoding': 'gzip, br' });
    expect(packed).toMatchObject({ body: 'packed', headers: { 'content-encoding': 'br', vary: 'accept-encoding' } });
    const plain = await head({ 'accept-encoding': 'identity' });
    expect([await plain.text(), plain.headers.get('cache-control')]).toEqual([
      'as it is',
      'public, max-age=31536000, immutable',
    ]);
    expect((await head({ 'if-none-match': '"2"' })).status).toBe(304);
    for (const name of ['nope.js', '..%2f..%2fpackage.json', 'index.html.br']) {
      expect(await statusOf(where, `/ui/${name}`, {})).toBe(404);
    }
  });

  test('are not there unless they are asked for', async () => {
    const { where } = await startServer();
    expect([await statusOf(where, '/ui/', {}), await statusOf(where, '/ui/session', {})]).toEqual([401, 401]);
  });
});

describe('a session', () => {
  test('is given for a token, in a cookie that no script and no other page gets at', async () => {
    const server = await startUi();
    const answer = await exchange(server.where, server.token);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^spot-[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = await signIn(server);
    const who = async (headers: Record<string, string>) =>
      (await fetch(`${server.where}/ui/session`, { headers })).json();
    expect(await who({ cookie })).toEqual({ who: 'ci', place: 'here', sign_in: 'token' });
    expect(await who({})).toEqual({ who: null, place: null, sign_in: 'token' });
  });

  test('opens what there is to look at, and nothing that changes anything', async () => {
    const server = await startUi();
    const { where, api } = server;
    const cookie = await signIn(server);
    const seen = ['fleet', 'runs', 'registry'].map((path) => statusOf(where, `/api/v1/${path}`, { cookie }));
    expect(await Promise.all(seen)).toEqual([200, 200, 200]);
    for (const path of ['/api/v1/instances', '/metrics', '/openapi.json']) {
      expect([path, await statusOf(where, path, { cookie })]).toEqual([path, 401]);
    }
    for (const path of ['/rpc', '/api/v1/runs', '/api/v1/runs/r1/cancel', '/api/v1/instances']) {
      expect([path, await statusOf(where, path, { cookie }, 'POST')]).toEqual([path, 401]);
    }
    expect(api.calls).toEqual([]);
  });

  test('is not for pages of other origins, other ports of this host among them', async () => {
    const server = await startUi();
    const cookie = await signIn(server);
    const from = (site: string) => statusOf(server.where, '/api/v1/fleet', { cookie, 'sec-fetch-site': site });
    expect([await from('same-origin'), await from('none')]).toEqual([200, 200]);
    expect([await from('same-site'), await from('cross-site')]).toEqual([401, 401]);
    const foreign = await exchange(server.where, server.token, { origin: 'http://evil.example' });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    const rebound = await rawGet(`${server.where}/api/v1/fleet`, { cookie, host: 'evil.example' });
    expect(rebound.status).toBe(403);
  });

  test('ends when one signs out, when its token is revoked, and by itself', async () => {
    const server = await startUi();
    const { where, clock, state } = server;
    const look = (cookie: string) => statusOf(where, '/api/v1/fleet', { cookie });
    const [left, old, revoked] = [await signIn(server), await signIn(server), await signIn(server)];
    const out = await fetch(`${where}/ui/session`, { method: 'DELETE', headers: { cookie: left } });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringMatching(/=; Max-Age=0; /)]);
    expect([await look(left), await look(old)]).toEqual([401, 200]);
    clock.ms += 12 * 3_600_000 + 1;
    expect(await look(old)).toBe(401);
    clock.ms -= 12 * 3_600_000;
    expect(await look(revoked)).toBe(200);
    state.tokens.revoke('ci');
    expect(await look(revoked)).toBe(401);
  });

  test('is not guessed: wrong tokens are on record, and soon not even looked at', async () => {
    const { where, state, log } = await startUi();
    const wrong = 'w'.repeat(40);
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await exchange(where, wrong)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(state.audit.list(100)[0]).toMatchObject({ what: 'authorise', target: 'POST /ui/session', who: 'nobody' });
    expect(JSON.stringify(log)).not.toContain(wrong);
    expect((await exchange(where, 'x'.repeat(2000))).status).toBe(400);
  });
});

describe('an address that opens the page once', () => {
  const secret = 'the-secret-of-the-address';
  const signInAt = (ms: { at: number }) =>
    oneTimeSignIn({ secret: new Secret(secret), name: 'you', lifetimeMs: 1000 }, { now: () => ms.at });

  test('does so once', () => {
    const { exchange: use } = signInAt({ at: 0 });
    expect(use('another-secret')).toEqual({ refused: expect.stringContaining('not the one') });
    const found = use(secret);
    expect('whoIs' in found && found.whoIs()).toBe('you');
    expect(use(secret)).toEqual({ refused: expect.stringContaining('used before') });
  });

  test('does not do so for ever', () => {
    const time = { at: 0 };
    const { exchange: use } = signInAt(time);
    time.at = 1001;
    expect(use(secret)).toEqual({ refused: expect.stringContaining('in time') });
  });
});

/** `fetch` unpacks what it gets, and sets Host by itself. */
function rawGet(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: unknown; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    sent.on('error', reject).end();
  });
}
