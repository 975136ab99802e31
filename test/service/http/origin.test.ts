import { expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { sendRaw, startServer } from './support.ts';

leakCheck();

/** Headers as a browser sends them; `HERE` is the address of the server. */
const CASES: readonly { readonly name: string; readonly headers: readonly string[]; readonly status: number }[] = [
  { name: 'the address itself', headers: ['Host: HERE'], status: 200 },
  { name: 'localhost', headers: ['Host: localhost:8080'], status: 200 },
  { name: 'IPv6', headers: ['Host: [::1]:8080'], status: 200 },
  { name: 'its own origin', headers: ['Host: HERE', 'Origin: http://HERE'], status: 200 },
  { name: 'a name that was made to point here', headers: ['Host: evil.example'], status: 403 },
  { name: 'that name with our port', headers: ['Host: evil.example:8080'], status: 403 },
  { name: 'a name that begins like ours', headers: ['Host: 127.0.0.1.evil.example'], status: 403 },
  { name: 'a name that begins with localhost', headers: ['Host: localhost.evil.example'], status: 403 },
  { name: 'another origin', headers: ['Host: HERE', 'Origin: https://evil.example'], status: 403 },
  { name: 'another port', headers: ['Host: localhost:8080', 'Origin: http://localhost:3000'], status: 403 },
  { name: 'an origin that hides', headers: ['Host: HERE', 'Origin: null'], status: 403 },
];

test.each(CASES)('a request for $name: $status', async ({ headers, status }) => {
  const { where, token } = await startServer();
  const lines = headers.map((line) => line.replaceAll('HERE', new URL(where).host));
  const all = ['GET /api/v1/instances HTTP/1.1', ...lines, `Authorization: Bearer ${token}`, 'Connection: close'];
  const text = await sendRaw(where, `${all.join('\r\n')}\r\n\r\n`);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  if (status === 403) expect(text).toContain('"code":"host-refused"');
});

test('no answer has a header that lets web pages in', async () => {
  const { where, fetch: ask } = await startServer();
  const preflight = { origin: where, 'access-control-request-method': 'POST' };
  const answers = await Promise.all([
    ask('/api/v1/instances', { headers: { origin: where } }),
    ask('/rpc', { method: 'OPTIONS', headers: preflight }),
    fetch(`${where}/rpc`, { method: 'OPTIONS', headers: { ...preflight, origin: 'https://evil.example' } }),
    fetch(`${where}/healthz`, { headers: { origin: where } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 403, 200]);
  const names = answers.flatMap(({ headers }) => [...headers.keys()]);
  expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
});
