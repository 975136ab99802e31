import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Imds, imdsServer } from '../../helpers/imds.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { requireProgram } from '../../helpers/require.ts';
import { waitFor } from '../../helpers/wait-for.ts';

leakCheck();

const ACTION = '/latest/meta-data/spot/instance-action';
const TOKEN = '/latest/api/token';

function ask(imds: Imds, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${imds.url}${path}`, { ...init, signal: AbortSignal.timeout(2000) });
}

async function tokenOf(imds: Imds, seconds = 60): Promise<string> {
  const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': String(seconds) };
  return (await ask(imds, TOKEN, { method: 'PUT', headers })).text();
}

async function statusWith(imds: Imds, token: string, path = ACTION): Promise<number> {
  return (await ask(imds, path, { headers: { 'X-aws-ec2-metadata-token': token } })).status;
}

describe('the metadata service of the tests', () => {
  test('tells nothing without a token, unless it is one of the first version', async () => {
    const path = '/latest/meta-data/instance-id';
    const imds = await imdsServer({ instanceId: 'i-0abc' });
    expect((await ask(imds, path)).status).toBe(401);
    const headers = { 'X-aws-ec2-metadata-token': await tokenOf(imds) };
    expect(await (await ask(imds, path, { headers })).text()).toBe('i-0abc');
    const old = await imdsServer({ tokens: 'optional' });
    expect((await ask(old, path)).status).toBe(200);
    expect(await statusWith(old, 'made-up', path)).toBe(401);
  });

  test('has no interruption until there is one', async () => {
    const imds = await imdsServer();
    const headers = { 'X-aws-ec2-metadata-token': await tokenOf(imds) };
    const before = await ask(imds, ACTION, { headers });
    expect([before.status, await before.text()]).toEqual([404, expect.stringContaining('<title>404 - Not Found')]);
    expect(imds.notice('terminate', new Date('2026-01-31T12:00:00.789Z'))).toBe('2026-01-31T12:00:00Z');
    expect(await (await ask(imds, ACTION, { headers })).text()).toBe(
      '{"action":"terminate","time":"2026-01-31T12:00:00Z"}',
    );
    const time = await ask(imds, '/latest/meta-data/spot/termination-time', { headers });
    expect(await time.text()).toBe('2026-01-31T12:00:00Z');
    imds.takeNoticeBack();
    expect((await ask(imds, ACTION, { headers })).status).toBe(404);
  });

  test('tells of a stop as an action without a termination time', async () => {
    const imds = await imdsServer();
    imds.notice('stop');
    const token = await tokenOf(imds);
    expect(await statusWith(imds, token)).toBe(200);
    expect(await statusWith(imds, token, '/latest/meta-data/spot/termination-time')).toBe(404);
  });

  test('recommends a rebalance', async () => {
    const imds = await imdsServer();
    const headers = { 'X-aws-ec2-metadata-token': await tokenOf(imds) };
    const path = '/latest/meta-data/events/recommendations/rebalance';
    expect((await ask(imds, path, { headers })).status).toBe(404);
    imds.recommendRebalance(new Date('2026-01-31T12:00:00Z'));
    expect(await (await ask(imds, path, { headers })).json()).toEqual({ noticeTime: '2026-01-31T12:00:00Z' });
  });

  test.each([
    ['no time to live', {}, 400],
    ['none at all', { 'X-aws-ec2-metadata-token-ttl-seconds': '0' }, 400],
    ['more than six hours', { 'X-aws-ec2-metadata-token-ttl-seconds': '21601' }, 400],
    ['a proxy in between', { 'X-aws-ec2-metadata-token-ttl-seconds': '60', 'X-Forwarded-For': '10.0.0.1' }, 403],
  ])('gives no token for %s', async (_, headers: Record<string, string>, status) => {
    const imds = await imdsServer();
    expect((await ask(imds, TOKEN, { method: 'PUT', headers })).status).toBe(status);
    expect((await ask(imds, TOKEN)).status).toBe(405);
  });

  test('refuses a token whose time is over', async () => {
    const imds = await imdsServer();
    const [short, long] = [await tokenOf(imds, 1), await tokenOf(imds, 60)];
    expect(await statusWith(imds, short)).toBe(404);
    await expect.poll(() => statusWith(imds, short), { timeout: 3000 }).toBe(401);
    expect(await statusWith(imds, long)).toBe(404);
    imds.expireTokens();
    expect(await statusWith(imds, long)).toBe(401);
  });

  test('keeps who asked for what, and what the answer was', async () => {
    const imds = await imdsServer();
    const token = await tokenOf(imds);
    await statusWith(imds, token);
    expect(imds.requests).toEqual([
      { method: 'PUT', path: TOKEN, token: null, status: 200 },
      { method: 'GET', path: ACTION, token, status: 404 },
    ]);
  });

  test('says nothing, or refuses everybody, where it is told to', async () => {
    const imds = await imdsServer();
    imds.mode = 'silent';
    const patience = new AbortController();
    const silent = fetch(`${imds.url}${ACTION}`, { signal: patience.signal });
    await waitFor('the request', () => imds.requests.length === 1);
    setTimeout(() => patience.abort(), 100);
    await expect(silent).rejects.toThrow('aborted');
    imds.mode = 'disabled';
    expect((await ask(imds, TOKEN, { method: 'PUT' })).status).toBe(403);
    expect(imds.requests.map(({ status }) => status)).toEqual([null, 403]);
  });
});

const isMissing = (['curl', 'wget'] as const).some((name) => requireProgram(name) === null);

describe.skipIf(isMissing)('a shell script reads it', () => {
  const shell = async (script: string, imds: Imds): Promise<string> => {
    const env = { ...process.env, IMDS: imds.url };
    return (await promisify(execFile)('sh', ['-euc', script], { env })).stdout;
  };

  test('with curl', async () => {
    const imds = await imdsServer();
    const at = imds.notice();
    const script = `
      token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS${TOKEN}")
      curl -sf -H "X-aws-ec2-metadata-token: $token" "$IMDS${ACTION}"
    `;
    expect(JSON.parse(await shell(script, imds))).toEqual({ action: 'terminate', time: at });
  });

  test('with wget', async () => {
    const imds = await imdsServer();
    const at = imds.notice();
    const script = `
      token=$(wget -qO- --method=PUT --header='X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS${TOKEN}")
      wget -qO- --header="X-aws-ec2-metadata-token: $token" "$IMDS${ACTION}"
    `;
    expect(JSON.parse(await shell(script, imds))).toEqual({ action: 'terminate', time: at });
  });
});
