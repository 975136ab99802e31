import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { aPlan, anInstance, aResult } from '../../state/records.ts';
import { addVersion } from '../../state/payloads.ts';
import { startServer, type TestServer } from './support.ts';

leakCheck();

/** Two instances, a run that has ended well on the one and badly on the other, and one that goes on. */
async function aHistory(): Promise<TestServer> {
  const server = await startServer();
  const { state } = server;
  const instances = [anInstance('i-1', { name: 'web-1' }), anInstance('i-2', { name: 'web-2' })];
  state.instances.add(instances);
  state.ledger.runStarted(aPlan('r1', instances));
  state.ledger.stepStarted('r1', 'i-1', 'execute');
  write(server, 'r1/i-1.out', 'hello\n');
  write(server, 'r1/i-2.err', 'disk full\n');
  const quiet = { path: null, bytes: 0, tail: '' };
  state.ledger.attemptFinished('r1', {
    ...aResult('i-1', { kind: 'succeeded' }),
    stdout: { path: '/old/i-1.out', bytes: 6, tail: '' },
  });
  state.ledger.attemptFinished('r1', {
    ...aResult('i-2', { kind: 'failed', exitCode: 3 }),
    stdout: quiet,
    stderr: { path: '/old/i-2.err', bytes: 10, tail: '' },
  });
  state.ledger.runEnded('r1', '2026-07-01T12:01:00.000Z');
  state.ledger.runStarted(aPlan('r2', instances, { createdAt: '2026-07-01T13:00:00.000Z' }));
  state.ledger.stepStarted('r2', 'i-2', 'upload');
  return server;
}

function write({ logsDir }: TestServer, path: string, text: string): void {
  mkdirSync(join(logsDir, path, '..'), { recursive: true });
  writeFileSync(join(logsDir, path), text);
}

async function get({ fetch }: TestServer, path: string): Promise<unknown> {
  return (await fetch(`/api/v1/${path}`)).json();
}

describe('what there is to look at', () => {
  test('the fleet, with what was done last', async () => {
    const server = await aHistory();
    expect(await get(server, 'fleet')).toMatchObject({
      instances: [
        { instance_id: 'i-1', last: { run_id: 'r2', outcome: null } },
        { instance_id: 'i-2', last: { run_id: 'r2', outcome: null, finished_at: null } },
      ],
      next_cursor: null,
    });
    expect(await get(server, 'fleet/web-2')).toMatchObject({ instance_id: 'i-2' });
    expect(await get(server, 'fleet/nobody')).toMatchObject({ error: { code: 'instance-unknown' } });
  });

  test('runs of the command line, newest first, by pages', async () => {
    const server = await aHistory();
    const first = (await get(server, 'runs?limit=1')) as { next_cursor: string };
    expect(first).toMatchObject({
      runs: [{ id: 'r2', state: 'running', open: 2, last_event: null }],
      next_cursor: 'r2',
    });
    expect(await get(server, `runs?limit=1&cursor=${first.next_cursor}`)).toMatchObject({
      runs: [{ id: 'r1', state: 'finished', instances: 2, open: 0, counts: { succeeded: 1, failed: 1 }, exit_code: 2 }],
      next_cursor: null,
    });
    expect(await get(server, 'runs?cursor=gone')).toEqual({ runs: [], next_cursor: null });
  });

  test('attempts: of a run in plan order, of an instance newest first', async () => {
    const server = await aHistory();
    expect(await get(server, 'runs/r1/attempts?limit=1')).toMatchObject({
      attempts: [{ instance_id: 'i-1', outcome: 'succeeded', stdout: { bytes: 6, is_here: true } }],
      next_cursor: '0',
    });
    expect(await get(server, 'runs/r1/attempts?limit=1&cursor=0')).toMatchObject({
      attempts: [{ instance_id: 'i-2', outcome: 'failed', exit_code: 3 }],
      next_cursor: null,
    });
    expect(await get(server, 'instances/i-2/attempts')).toMatchObject({
      attempts: [
        { run_id: 'r2', step: 'upload', outcome: null },
        { run_id: 'r1', outcome: 'failed' },
      ],
    });
    expect(await get(server, 'instances/i-2/attempts?limit=1&cursor=r2')).toMatchObject({
      attempts: [{ run_id: 'r1' }],
    });
    expect(await get(server, 'runs/r1/attempts?cursor=x')).toMatchObject({ error: { code: 'bad-cursor' } });
    expect(await get(server, 'runs/r9/attempts')).toMatchObject({ error: { code: 'run-unknown' } });
    expect(await get(server, 'runs/r1/attempts/i-9')).toMatchObject({ error: { code: 'attempt-unknown' } });
  });

  test('what came to the same', async () => {
    const { clusters } = (await get(await aHistory(), 'runs/r1/clusters')) as { clusters: unknown[] };
    expect(clusters).toHaveLength(2);
    expect(clusters).toContainEqual({
      outcome: 'failed',
      headline: expect.stringContaining('disk full'),
      is_exact: true,
      instances: ['i-2'],
      sample: { instance_id: 'i-2', stdout_tail: '', stderr_tail: 'disk full\n' },
    });
  });

  test('what a script that goes on has said last', async () => {
    const server = await aHistory();
    write(server, 'r2/i-2.out', 'one\ntwo\n');
    expect(await get(server, 'runs/r2/attempts/i-2')).toMatchObject({ said: { line: 'two', at: expect.any(String) } });
  });

  test('versions of payloads; of the environment the names alone', async () => {
    const server = await startServer();
    const environment = ['TOKEN', 'TIER=secret'];
    const { payload } = await addVersion(server.state, join(server.logsDir, '..'), {
      name: 'deploy',
      text: 'true\n',
      environment,
    });
    expect(await get(server, 'registry')).toMatchObject({
      versions: [{ name: 'deploy', version: 1, active: true, digest: payload.digest }],
    });
    const version = await get(server, 'registry/deploy/1');
    expect(version).toMatchObject({
      entrypoint: 'script.sh',
      interpreter: ['bash'],
      environment: ['TIER', 'TOKEN'],
      files: [],
    });
    expect(JSON.stringify(version)).not.toContain('secret');
    expect(await get(server, 'registry/deploy/2')).toMatchObject({ error: { code: 'no-such-version' } });
    expect(await get(server, 'registry/deploy/x')).toMatchObject({ error: { code: 'params-invalid' } });
  });

  test('is sent once: whoever has it is told so', async () => {
    const server = await aHistory();
    const etag = (await server.fetch('/api/v1/runs')).headers.get('etag') ?? '';
    const again = await server.fetch('/api/v1/runs', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    server.state.ledger.stepStarted('r2', 'i-1', 'connect');
    server.state.ledger.attemptFinished('r2', aResult('i-1', { kind: 'succeeded' }));
    expect((await server.fetch('/api/v1/runs', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

describe('an output', () => {
  const path = '/api/v1/runs/r1/outputs/i-2/stderr';

  test('comes as it is, to be saved', async () => {
    const answer = await (await aHistory()).fetch(path);
    expect([answer.status, await answer.text()]).toEqual([200, 'disk full\n']);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="r1-i-2.err"');
  });

  test.each([
    ['bytes=0-3', 206, 'disk', 'bytes 0-3/10'],
    ['bytes=-5', 206, 'full\n', 'bytes 5-9/10'],
    ['bytes=-500', 206, 'disk full\n', 'bytes 0-9/10'],
    ['bytes=5-', 206, 'full\n', 'bytes 5-9/10'],
    ['bytes=5-900', 206, 'full\n', 'bytes 5-9/10'],
    ['bytes=0-1,4-5', 200, 'disk full\n', null],
    ['lines=1-2', 200, 'disk full\n', null],
  ])('a part of it: %s', async (range, status, text, contentRange) => {
    const answer = await (await aHistory()).fetch(path, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  test.each([
    ['runs/r1/outputs/i-2/stderr', { range: 'bytes=10-' }, 416, 'range-refused'],
    ['runs/r1/outputs/i-2/stdin', {}, 400, 'params-invalid'],
    ['runs/r1/outputs/i-9/stdout', {}, 404, 'attempt-unknown'],
    ['runs/r9/outputs/i-1/stdout', {}, 404, 'run-unknown'],
  ])('%s is refused', async (place, headers: Record<string, string>, status, code) => {
    const answer = await (await aHistory()).fetch(`/api/v1/${place}`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  test('that is on another machine, or was pruned, is not an empty one', async () => {
    const server = await aHistory();
    const { state } = server;
    state.ledger.stepStarted('r2', 'i-2', 'execute');
    state.ledger.attemptFinished('r2', aResult('i-2', { kind: 'succeeded' }));
    expect(await get(server, 'runs/r2/outputs/i-2/stdout')).toMatchObject({ error: { code: 'output-elsewhere' } });
    expect(await get(server, 'runs/r2/attempts/i-2')).toMatchObject({ stdout: { bytes: 12, is_here: false } });
    expect((await server.fetch('/api/v1/runs/r2/outputs/i-2/stderr')).status).toBe(200);
  });
});
