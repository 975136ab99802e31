import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { addToken, FILE_TOKEN, startServer } from './support.ts';

leakCheck();

const UNKNOWN = `spot_${'A'.repeat(43)}`;

describe('on TCP', () => {
  test.each([
    ['no token', {}, 'token-missing'],
    ['another way to say who one is', { authorization: 'Basic Y2k6Y2k=' }, 'token-missing'],
    ['no word behind Bearer', { authorization: 'Bearer ' }, 'token-missing'],
    ['two words behind Bearer', { authorization: `Bearer ${FILE_TOKEN} x` }, 'token-missing'],
    ['a token that is not known', { authorization: `Bearer ${UNKNOWN}` }, 'token-refused'],
    ['a token that was cut', { authorization: `Bearer ${FILE_TOKEN.slice(0, -1)}` }, 'token-refused'],
    ['a token of control characters', { authorization: 'Bearer \x80\x81' }, 'token-missing'],
  ])('a request with %s is refused, at every route', async (_, headers: Record<string, string>, code) => {
    const { where } = await startServer();
    for (const path of ['/api/v1/instances', '/metrics', '/openapi.json', '/nothing/here']) {
      const answer = await fetch(where + path, { headers });
      expect([answer.status, await answer.json()]).toEqual([
        401,
        { error: { code, message: expect.stringMatching(/; .*spot token create NAME$/), details: [] } },
      ]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('JSON-RPC is told so in its own words', async () => {
    const { where } = await startServer();
    const answer = await fetch(`${where}/rpc`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32001, message: expect.any(String), data: { code: 'token-missing' } },
    });
  });

  test('the service is asked nothing for nobody', async () => {
    const { where, api } = await startServer();
    const body = JSON.stringify({
      jsonrpc: '2.0',
      method: 'deploy_payload',
      params: { instance_ids: ['i-1'], payload: 'x' },
      id: 1,
    });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${UNKNOWN}` };
    expect((await fetch(`${where}/rpc`, { method: 'POST', headers, body })).status).toBe(401);
    expect(api.calls).toEqual([]);
  });

  test('/healthz needs no token, and says nothing but whether it is up', async () => {
    const { where } = await startServer();
    const answer = await fetch(`${where}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('who shows a token is known by its name', async () => {
    const { api, rpc, state } = await startServer();
    const deploy = { instance_ids: ['i-1'], payload: 'x' };
    await rpc('deploy_payload', deploy);
    await rpc('deploy_payload', deploy, { authorization: `bearer  ${FILE_TOKEN}` });
    await rpc('deploy_payload', deploy, { authorization: `Bearer ${addToken(state, 'second')}` });
    const callers = api.calls.map(({ args }) => (args[1] as { name: string }).name);
    expect(callers).toEqual(['ci', 'file', 'second']);
  });

  test('a revoked token is refused at once, by a server that runs', async () => {
    const { fetch, state } = await startServer();
    expect((await fetch('/api/v1/instances')).status).toBe(200);
    expect(state.tokens.revoke('ci')).toBe(true);
    const answer = await fetch('/api/v1/instances');
    expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([
      401,
      'token-refused',
    ]);
  });

  test('when a token was used is written down once a minute', async () => {
    const { fetch, state, clock } = await startServer();
    const usedAt = (): string | null | undefined => state.tokens.list()[0]?.usedAt;
    expect(usedAt()).toBeNull();
    const seen: unknown[] = [];
    for (const seconds of [0, 59, 1, 30]) {
      clock.ms += seconds * 1000;
      await fetch('/api/v1/instances');
      seen.push(usedAt());
    }
    const [first, second] = ['2026-11-21T03:45:12.000Z', '2026-11-21T03:46:12.000Z'];
    expect(seen).toEqual([first, first, second, second]);
  });

  test('wrong tokens are refused unread after ten in a minute; the right one is let in all the same', async () => {
    const { where, fetch: ask, state } = await startServer();
    const wrong = () => fetch(`${where}/api/v1/instances`, { headers: { authorization: `Bearer ${UNKNOWN}` } });
    const answers = [];
    for (let count = 0; count < 12; count += 1) answers.push(await wrong());
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(401), 429, 429]);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(((await answers.at(-1)?.json()) as { error: unknown }).error).toMatchObject({ code: 'too-many-requests' });
    expect((await ask('/api/v1/instances')).status).toBe(200);
    expect(state.audit.list(100)).toHaveLength(10);
  });
});
