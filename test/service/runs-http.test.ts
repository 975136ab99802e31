import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstance, aPlan } from '../state/records.ts';
import { type Door, openDoor, PAYLOAD, TOKEN } from './door.ts';

const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };
const DIGEST = 'cd'.repeat(32);

async function aDoor(): Promise<Door> {
  const door = await openDoor();
  const stopped = anInstance('i-3', { name: 'db-1', state: 'stopped' });
  door.state.instances.add([anInstance('i-1', { name: 'web-1' }), anInstance('i-2', { name: 'web-2' }), stopped]);
  return door;
}

async function post(door: Door, url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const payload = JSON.stringify(body);
  const headers = { ...AUTHORIZATION, 'content-type': 'application/json' };
  const answer = await door.app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

async function get(door: Door, url: string): Promise<{ status: number; body: unknown }> {
  const answer = await door.app.inject({ method: 'GET', url, headers: AUTHORIZATION });
  return { status: answer.statusCode, body: answer.json() };
}

describe('POST /api/v1/selection', () => {
  it('tells which instances words mean, and why the others are left out', async () => {
    const answer = await post(await aDoor(), '/api/v1/selection', {
      limit: ['web-*', 'db-1', 'x-1'],
      exclude: ['i-2', 'y'],
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        chosen: [{ instance_id: 'i-1', name: 'web-1', address: '10.0.0.1' }],
        skipped: [
          { instance_id: 'i-2', name: 'web-2', reason: 'excluded' },
          { instance_id: 'i-3', name: 'db-1', reason: 'stopped' },
        ],
        unmatched: { limit: ['x-1'], exclude: ['y'] },
        not_ready: ['i-3'],
      },
    });
  });

  it('reads no file for a word, and refuses one that cannot be read', async () => {
    const door = await aDoor();
    expect(await post(door, '/api/v1/selection', { limit: ['@/etc/passwd'] })).toMatchObject({
      status: 422,
      body: { error: { code: 'bad-selector' } },
    });
    expect(await post(door, '/api/v1/selection', { limit: ['=x'] })).toMatchObject({
      status: 422,
      body: { error: { code: 'bad-selector', message: `'=x' has no key before the '='; write key=value` } },
    });
  });
});

describe('POST /api/v1/runs', () => {
  it('takes all that upload-script says, and answers with the ids', async () => {
    const door = await aDoor();
    const answer = await post(door, '/api/v1/runs', {
      instance_ids: ['web-1', 'i-9'],
      payload: 'deploy@3',
      args: ['--fast', ''],
      environment: { TOKEN: 's3cret' },
      remote_path: '~/bin/deploy',
      timeout: 1.5,
      ready_timeout: 60,
      retries: 0,
      cleanup: true,
      exclusive: true,
    });
    expect(answer).toEqual({
      status: 202,
      body: {
        run_id: 'r1',
        payload: PAYLOAD,
        success: false,
        payload_ids: [],
        task_ids: [],
        errors: [{ instance_id: 'i-9', code: 'instance-not-running', message: 'it is stopped' }],
      },
    });
    expect(door.started).toEqual([
      {
        instanceIds: ['web-1', 'i-9'],
        payload: { reference: 'deploy@3' },
        execute: true,
        args: ['--fast', ''],
        environment: new Map([['TOKEN', 's3cret']]),
        remotePath: '~/bin/deploy',
        timeoutMs: 1500,
        readyTimeoutMs: 60_000,
        retries: 0,
        cleanup: true,
        exclusive: true,
      },
    ]);
    expect(JSON.stringify(door.state.audit.list(10))).not.toContain('s3cret');
  });

  it('chooses instances by words, and knows who was left out', async () => {
    const door = await aDoor();
    await post(door, '/api/v1/runs', { exclude: ['web-2'], expect: ['i-1'], payload_digest: DIGEST });
    expect(door.started).toMatchObject([
      {
        instanceIds: ['i-1'],
        skipped: [
          { instance: { instanceId: 'i-2' }, reason: 'excluded' },
          { instance: { instanceId: 'i-3' }, reason: 'stopped' },
        ],
        payload: { digest: DIGEST },
        timeoutMs: null,
        readyTimeoutMs: null,
        retries: null,
      },
    ]);
  });

  it('starts nothing where words mean none, or others than were expected', async () => {
    const door = await aDoor();
    const payload_digest = DIGEST;
    expect(await post(door, '/api/v1/runs', { limit: ['db-1'], payload_digest })).toMatchObject({
      status: 409,
      body: { error: { code: 'no-instance-selected' } },
    });
    expect(await post(door, '/api/v1/runs', { expect: ['i-1'], payload_digest })).toMatchObject({
      status: 409,
      body: { error: { code: 'selection-changed' } },
    });
    expect(door.started).toEqual([]);
  });

  it('tells all that is wrong at once', async () => {
    const answer = await post(await aDoor(), '/api/v1/runs', {
      instance_ids: 'web-1',
      limit: [7],
      payload: 'deploy',
      args: 'x',
      environment: { A: 1 },
      retries: 1.5,
      cleanup: 'yes',
      serial: '1,10%',
    });
    expect(answer.status).toBe(400);
    const { error } = answer.body as { error: { code: string; details: { path: string }[] } };
    expect(error.code).toBe('params-invalid');
    expect(error.details.map(({ path }) => path).sort()).toEqual(
      ['args', 'cleanup', 'environment.A', 'instance_ids', 'limit.0', 'retries', 'serial'].sort(),
    );
  });

  it.each([
    ['no payload', { instance_ids: ['i-1'] }],
    ['two payloads', { instance_ids: ['i-1'], payload: 'a', payload_digest: DIGEST }],
    ['ids and words', { instance_ids: ['i-1'], limit: ['i-1'], payload: 'a' }],
    ['an id twice', { instance_ids: ['i-1', 'i-1'], payload: 'a' }],
    ['no list at all', 'deploy'],
  ])('refuses %s', async (_name, body) => {
    const door = await aDoor();
    expect(await post(door, '/api/v1/runs', body)).toMatchObject({
      status: 400,
      body: { error: { code: 'params-invalid' } },
    });
    expect(door.started).toEqual([]);
  });

  it('answers whatever comes within its own shapes', async () => {
    const door = await aDoor();
    const value = fc.jsonValue({ maxDepth: 2 });
    const keys = [
      'instance_ids',
      'limit',
      'exclude',
      'expect',
      'payload',
      'args',
      'environment',
      'timeout',
      'retries',
      'x',
    ];
    const body = fc.oneof(value, fc.dictionary(fc.constantFrom(...keys), value));
    const url = fc.constantFrom('/api/v1/runs', '/api/v1/selection', '/api/v1/runs/r9/cancel');
    await fc.assert(
      fc.asyncProperty(url, body, async (to, sent) => {
        const answer = await post(door, to, sent);
        expect([200, 202, 400, 404, 409, 422]).toContain(answer.status);
        if (answer.status >= 400) expect(answer.body).toMatchObject({ error: { code: expect.any(String) as string } });
      }),
      { numRuns: 300 },
    );
  });
});

describe('a run', () => {
  it('is told of', async () => {
    const door = await aDoor();
    door.state.ledger.runStarted(aPlan('r1', [anInstance('i-1'), anInstance('i-2')]));
    const { status, body } = await get(door, '/api/v1/runs/r1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'r1',
      mode: 'run',
      payload: { name: 'deploy', digest: 'ab12', size_bytes: 4096, files: 0 },
      created_at: '2026-07-01T12:00:00.000Z',
      finished_at: null,
      exit_code: null,
      instances: 2,
      counts: { succeeded: 0, failed: 0 },
    });
    expect(await get(door, '/api/v1/runs/r2')).toMatchObject({ status: 404, body: { error: { code: 'run-unknown' } } });
  });

  it('is cancelled', async () => {
    const door = await aDoor();
    door.state.ledger.runStarted(aPlan('r1', [anInstance('i-1')]));
    expect(await post(door, '/api/v1/runs/r1/cancel', {})).toMatchObject({ status: 202, body: { id: 'r1' } });
    expect(door.cancelled).toEqual(['r1']);
    expect(await post(door, '/api/v1/runs/r2/cancel', {})).toMatchObject({ status: 404 });
  });
});
