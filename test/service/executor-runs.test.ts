import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Project, specOf } from '../e2e/project.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useHosts } from '../ssh/hosts.ts';
import { sceneOf } from './scene.ts';
import { configFor, Workshop } from './workshop.ts';

leakCheck();

interface RunDocument {
  readonly id: string;
  readonly state: string;
  readonly open: number;
}

describe.skipIf(requireProgram('sshd') === null)('a run of the service', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  async function stateOf(project: Project, runId: string): Promise<string | undefined> {
    const { stdout } = await project.run(['runs', '--json']);
    return (JSON.parse(stdout) as { runs: RunDocument[] }).runs.find(({ id }) => id === runId)?.state;
  }

  test('goes on as long as it is in the queue, and shows and logs know it', async () => {
    const { shop } = await sceneOf(hosts);
    const { project } = shop;
    const { deployments } = await shop.deploy('echo hello', ['web-1']);
    const { id, runId } = deployments[0] as { id: string; runId: string };
    expect(await stateOf(project, runId)).toBe('running');
    await shop.work();
    await shop.until(id, 'over');
    await shop.untilIdle();
    expect(await stateOf(project, runId)).toBe('finished');
    expect((await project.run(['show', runId])).stdout).toContain(`run ${runId}, finished: 1 succeeded`);
    expect((await project.run(['logs', runId, 'web-1'])).stdout).toBe('hello\n');
  });

  test('is stopped by spot stop, with its deployments, while a worker is at it', async () => {
    const { shop, host } = await sceneOf(hosts);
    await shop.work();
    const { deployments } = await shop.deploy('echo $$ >"$HOME/pid"; sleep 60', ['web-1']);
    const { id, runId } = deployments[0] as { id: string; runId: string };
    await shop.until(id, 'executing');
    await waitFor('the script to begin', () => existsSync(join(host.home, 'pid')));
    const { exitCode, stderr } = await shop.project.run(['stop', runId]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(shop.deployment(id)).toMatchObject({
      status: 'failed',
      problem: { code: 'cancelled', message: 'cancelled by spot-stop' },
      cancelledBy: 'spot-stop',
    });
    expect(existsSync(`/proc/${readFileSync(join(host.home, 'pid'), 'utf8').trim()}`)).toBe(false);
    await shop.untilIdle();
    expect((await shop.events(runId)).at(-1)).toMatchObject({ type: 'run-finished' });
  });

  test('is stopped by spot stop where no worker lives, and never begins', async () => {
    const { shop, host } = await sceneOf(hosts);
    const { deployments } = await shop.deploy('echo ran >"$HOME/ran"', ['web-1']);
    const { id, runId } = deployments[0] as { id: string; runId: string };
    expect((await shop.project.run(['stop', runId])).exitCode).toBe(0);
    expect(shop.deployment(id)).toMatchObject({ status: 'failed', problem: { code: 'cancelled' } });
    expect(await stateOf(shop.project, runId)).toBe('finished');
    await shop.work();
    await shop.untilIdle();
    expect(existsSync(join(host.home, 'ran'))).toBe(false);
  });

  test('is watched by spot attach, which takes nothing from the worker', async () => {
    const { shop } = await sceneOf(hosts);
    const { deployments } = await shop.deploy('echo one; sleep 1; echo two', ['web-1']);
    const { id, runId } = deployments[0] as { id: string; runId: string };
    const attached = shop.project.start(['attach', runId]);
    await shop.work();
    const { exitCode, stderr } = await attached.result;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('1 of 1 instance succeeded');
    expect(await shop.until(id, 'over')).toMatchObject({ status: 'completed', output: 'one\ntwo\n' });
    const events = await shop.events(runId);
    const said = events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
    expect(Buffer.concat(said).toString()).toBe('one\ntwo\n');
  });

  test('is shared by several workers, each instance in the hands of one', async () => {
    const first = await hosts.start();
    const others = await hosts.startMany(3, { identityFile: first.identityFile });
    const project = new Project();
    configFor(project, first.identityFile);
    const all = [first, ...others];
    const shop = await Workshop.open(project);
    all.forEach((host, index) => shop.add(`web-${index + 1}`, specOf(host)));
    const env = { SPOT_SERVICE_CONCURRENCY: '1' };
    const workers = await Promise.all([shop.startWorker({ env }), shop.startWorker({ env })]);
    const { deployments } = await shop.deploy(
      'echo started >>"$HOME/trace"; sleep 0.5; echo done',
      all.map((_, index) => `web-${index + 1}`),
    );
    const ends = await Promise.all(deployments.map(({ id }) => shop.until(id, 'over')));
    expect(ends.map(({ status, output }) => [status, output])).toEqual(ends.map(() => ['completed', 'done\n']));
    expect(all.map(({ home }) => readFileSync(join(home, 'trace'), 'utf8'))).toEqual(all.map(() => 'started\n'));
    const hands = new Set(deployments.flatMap(({ id }) => shop.tasksOf(id).map(({ workerId }) => workerId)));
    expect(hands.size).toBe(2);
    const events = await shop.events(ends[0]?.runId as string);
    expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'attempt-finished')).toHaveLength(4);
    for (const worker of workers) worker.kill('SIGTERM');
    expect((await Promise.all(workers.map(({ result }) => result))).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });

  test('ends by a mistake of ours after five tries, and nobody is told which', async () => {
    const errors: unknown[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (_: string, fields = {}) => errors.push(fields),
    };
    const { shop } = await sceneOf(hosts, { log });
    const { deployments } = await shop.deploy('true', ['web-1']);
    const { id, runId } = deployments[0] as { id: string; runId: string };
    // what no program of ours writes
    const orders = { create: null, payload: null, args: [], execute: true };
    shop.rows(`UPDATE deployments SET orders = '${JSON.stringify(orders)}'`);
    await shop.work();
    const end = await shop.until(id, 'over', 60_000);
    expect(end.problem).toMatchObject({ code: 'internal-error' });
    expect(end.problem?.message).not.toMatch(/undefined|TypeError/);
    expect(errors.length).toBeGreaterThanOrEqual(5);
    await shop.untilIdle();
    expect(shop.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: 'rejected' }]);
    expect(await stateOf(shop.project, runId)).toBe('finished');
  }, 60_000);
});
