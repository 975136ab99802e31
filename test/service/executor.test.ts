import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DEAD_SPEC, specOf } from '../e2e/project.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { useHosts } from '../ssh/hosts.ts';
import { sceneOf } from './scene.ts';

leakCheck();

describe.skipIf(requireProgram('sshd') === null)('a worker', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  const open = (): ReturnType<typeof sceneOf> => sceneOf(hosts);

  test('brings a payload, runs it, and says so in order', async () => {
    const { shop, host } = await open();
    await shop.work();
    const { deployments } = await shop.deploy('echo hello; echo oops >&2; pwd >"$HOME/where"; sleep 0.2', ['web-1']);
    const id = deployments[0]?.id as string;
    const end = await shop.until(id, 'over');
    expect(end).toMatchObject({
      status: 'completed',
      executed: true,
      output: 'hello\n',
      errorOutput: 'oops\n',
      problem: null,
      instanceId: 'web-1',
    });
    expect(end.executionMs).toBeGreaterThan(150);
    expect(shop.statuses(id)).toEqual(['transferred', 'executing', 'completed']);
    const [transfer, execute] = shop.tasksOf(id);
    expect(shop.changes(transfer?.id as string, execute?.id as string)).toEqual([
      { id: transfer?.id, status: 'running' },
      { id: transfer?.id, status: 'completed' },
      { id: execute?.id, status: 'queued' },
      { id: execute?.id, status: 'running' },
      { id: execute?.id, status: 'completed' },
    ]);
    const types = (await shop.events(end.runId as string)).map(({ type }) => type);
    expect(types[0]).toBe('run-started');
    expect(types.slice(-2)).toEqual(['attempt-finished', 'run-finished']);
    expect(types.filter((type) => type === 'attempt-started')).toHaveLength(1);
    expect(readFileSync(join(host.home, 'where'), 'utf8')).toBe(`${host.home}\n`);
    await shop.untilIdle();
  });

  test('tells of a script that failed, and of one that was killed', async () => {
    const { shop } = await open();
    await shop.work();
    const ends = await Promise.all(
      ['echo no >&2; exit 3', 'kill -9 $$'].map(async (script) => {
        const { deployments } = await shop.deploy(script, ['web-1']);
        return shop.until(deployments[0]?.id as string, 'over');
      }),
    );
    expect(ends[0]).toMatchObject({
      status: 'failed',
      executed: true,
      errorOutput: 'no\n',
      problem: { code: 'script-failed', message: 'the script ended with exit code 3' },
    });
    expect(ends[1]).toMatchObject({ status: 'failed', executed: true, problem: { code: 'script-killed' } });
    expect(shop.statuses(ends[0]?.id as string)).toEqual(['transferred', 'executing', 'failed']);
    const [transfer, execute] = shop.tasksOf(ends[0]?.id as string);
    expect([transfer?.status, execute?.status]).toEqual(['completed', 'failed']);
    expect(execute?.problem).toEqual(ends[0]?.problem);
  });

  test('only brings a payload where it is not to be run', async () => {
    const { shop, host } = await open();
    await shop.work();
    const remotePath = join(host.home, 'kept.sh');
    const { deployments } = await shop.deploy('echo never >"$HOME/ran"', ['web-1'], { execute: false, remotePath });
    const id = deployments[0]?.id as string;
    expect(await shop.until(id, 'over')).toMatchObject({
      status: 'completed',
      executed: false,
      executionMs: null,
      output: '',
    });
    expect(shop.statuses(id)).toEqual(['transferred', 'completed']);
    expect(shop.tasksOf(id).map(({ kind, status }) => [kind, status])).toEqual([['payload_transfer', 'completed']]);
    expect(readFileSync(remotePath, 'utf8')).toContain('echo never');
    expect(existsSync(join(host.home, 'ran'))).toBe(false);
  });

  test('gives a script the values that came with the request, and forgets them', async () => {
    const { shop } = await open();
    await shop.work();
    const environment = new Map([['TOKEN', 's3cret']]);
    const { deployments } = await shop.deploy('echo "got ${#TOKEN}"', ['web-1'], { environment });
    const end = await shop.until(deployments[0]?.id as string, 'over');
    expect(end.output).toBe('got 6\n');
    await shop.untilIdle();
    expect(shop.rows('SELECT * FROM run_environments')).toEqual([]);
    const events = JSON.stringify(await shop.events(end.runId as string));
    expect(events).not.toContain('s3cret');
  });

  test('keeps the end of a long output in the row, and all of it in the events', async () => {
    const { shop } = await open();
    await shop.work();
    const { deployments } = await shop.deploy('seq 1 30000; printf "a\\000b\\n"', ['web-1']);
    const end = await shop.until(deployments[0]?.id as string, 'over');
    const whole = `${Array.from({ length: 30_000 }, (_, index) => `${index + 1}\n`).join('')}a\0b\n`;
    expect(Buffer.byteLength(end.output)).toBeLessThanOrEqual(64 * 1024 + 2);
    expect(end.output.length).toBeGreaterThan(60_000);
    expect(whole.replaceAll('\0', '\u{FFFD}').endsWith(`\n${end.output}`)).toBe(true);
    const events = await shop.events(end.runId as string);
    const said = events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
    expect(Buffer.concat(said).toString()).toBe(whole);
  });

  test('ends what cannot be reached with the error of the attempt', async () => {
    const { shop } = await sceneOf(hosts, { more: 'limits: { retries: 1 }\n' });
    shop.add('gone', DEAD_SPEC);
    await shop.work();
    const { deployments } = await shop.deploy('true', ['gone']);
    const end = await shop.until(deployments[0]?.id as string, 'over');
    expect(end).toMatchObject({ status: 'failed', executed: false, problem: { code: 'connection-refused' } });
    expect(shop.statuses(end.id)).toEqual(['failed']);
    expect(shop.tasksOf(end.id).map(({ status }) => status)).toEqual(['failed', 'cancelled']);
    expect(shop.rows('SELECT evidence FROM attempts')).toEqual([{ evidence: '["2 tries"]' }]);
  });

  test('carries out one request on several instances as one run, which is closed by the last', async () => {
    const { shop } = await open();
    const others = await hosts.startMany(2, { identityFile: shop.config.aws.privateSshKeyPath as string });
    others.forEach((host, index) => shop.add(`web-${index + 2}`, specOf(host)));
    await shop.work();
    const { deployments } = await shop.deploy('echo "on $SPOT_RUN_ID"', ['web-1', 'web-2', 'web-3']);
    const ends = await Promise.all(deployments.map(({ id }) => shop.until(id, 'over')));
    const runId = ends[0]?.runId as string;
    expect(ends.map(({ status, output }) => [status, output])).toEqual(ends.map(() => ['completed', `on ${runId}\n`]));
    const events = await shop.events(runId);
    const finished = events.at(-1);
    expect(finished).toMatchObject({ type: 'run-finished', result: { exitCode: 0, counts: { succeeded: 3 } } });
    expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(1);
    expect(shop.rows('SELECT exit_code FROM runs')).toEqual([{ exit_code: 0 }]);
  });
});
