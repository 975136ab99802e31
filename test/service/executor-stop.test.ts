import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useHosts } from '../ssh/hosts.ts';
import { sceneOf } from './scene.ts';

leakCheck();

describe.skipIf(requireProgram('sshd') === null)('a worker that is stopped', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  test('leaves a script running, and the next worker brings its end', async () => {
    const { shop, host } = await sceneOf(hosts);
    const go = join(tempDir(), 'go');
    const worker = await shop.startWorker();
    const script = `echo started >>"$HOME/trace"; echo one; until [ -e ${go} ]; do sleep 0.1; done; echo two`;
    const { deployments } = await shop.deploy(script, ['web-1']);
    const id = deployments[0]?.id as string;
    await shop.until(id, 'executing');
    await waitFor('its first words', () => existsSync(join(host.home, 'trace')));
    const begunAt = Date.now();
    worker.kill('SIGTERM');
    const { exitCode, stderr } = await worker.result;
    expect(exitCode).toBe(0);
    expect(Date.now() - begunAt).toBeLessThan(5000);
    expect(stderr).toMatch(/^wk-\S+ works on the queue in \S+, 50 deployments at once; Ctrl-C ends it\n/);
    expect(stderr).toContain('spot: 1 deployment goes back into the queue, and scripts that run are left running');
    expect(shop.deployment(id).status).toBe('executing');
    // nothing has to run out: it was given back
    expect(shop.parts.queue.counts()).toEqual({ due: 1, putOff: 0, claimed: 0 });
    await shop.work();
    writeFileSync(go, '');
    const end = await shop.until(id, 'over');
    expect(end).toMatchObject({ status: 'completed', output: 'one\ntwo\n' });
    expect(readFileSync(join(host.home, 'trace'), 'utf8')).toBe('started\n');
    expect(shop.statuses(id)).toEqual(['transferred', 'executing', 'completed']);
    const events = await shop.events(end.runId as string);
    const said = events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
    expect(Buffer.concat(said).toString()).toBe('one\ntwo\n');
    expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(1);
  });

  test('gives back what has not begun on its instance, and claims nothing more', async () => {
    const { shop, host } = await sceneOf(hosts);
    host.freeze();
    const worker = await shop.startWorker({ env: { SPOT_SERVICE_CONCURRENCY: '1' } });
    const ids = await Promise.all(
      ['one', 'two'].map(async (word) => {
        const { deployments } = await shop.deploy(`echo ${word} >>"$HOME/trace"`, ['web-1']);
        return deployments[0]?.id as string;
      }),
    );
    await waitFor('it to connect', () => ids.some((id) => shop.tasksOf(id)[0]?.status === 'running'));
    worker.kill('SIGINT');
    expect((await worker.result).exitCode).toBe(0);
    expect(shop.parts.queue.counts()).toEqual({ due: 2, putOff: 0, claimed: 0 });
    expect(ids.map((id) => shop.deployment(id).status)).toEqual(['pending', 'pending']);
    expect(shop.rows('SELECT outcome FROM attempts')).toEqual([{ outcome: null }, { outcome: null }]);
    host.thaw();
    await shop.work();
    await Promise.all(ids.map((id) => shop.until(id, 'over')));
    expect(readFileSync(join(host.home, 'trace'), 'utf8').split('\n').sort()).toEqual(['', 'one', 'two']);
  });

  test('does not wait for an instance that does not answer', async () => {
    const { shop, host } = await sceneOf(hosts);
    const worker = await shop.startWorker();
    const { deployments } = await shop.deploy('sleep 1; echo done', ['web-1']);
    const id = deployments[0]?.id as string;
    await shop.until(id, 'executing');
    host.freeze();
    worker.kill('SIGTERM');
    expect((await worker.result).exitCode).toBe(0);
    host.thaw();
    await shop.work();
    expect(await shop.until(id, 'over')).toMatchObject({ status: 'completed', output: 'done\n' });
  });

  test('that is cut off before the upload starts nothing that another one has started', async () => {
    const { shop, host } = await sceneOf(hosts, { more: 'limits: { connect_timeout: 60s }\n' });
    host.freeze();
    const worker = await shop.startWorker();
    const { deployments } = await shop.deploy('echo started >>"$HOME/trace"', ['web-1']);
    const id = deployments[0]?.id as string;
    await waitFor('it to connect', () => shop.rows('SELECT step FROM attempts')[0]?.['step'] === 'connect');
    const first = shop.tasksOf(id)[0]?.workerId;
    worker.kill('SIGSTOP');
    host.thaw();
    await shop.work();
    expect(await shop.until(id, 'over')).toMatchObject({ status: 'completed' });
    expect(shop.tasksOf(id)[0]?.workerId).not.toBe(first);
    worker.kill('SIGCONT');
    worker.kill('SIGTERM');
    expect((await worker.result).exitCode).toBe(0);
    expect(readFileSync(join(host.home, 'trace'), 'utf8')).toBe('started\n');
  });

  test('that is cut off in the execution leaves the script to whoever has it now', async () => {
    const { shop, host } = await sceneOf(hosts);
    const worker = await shop.startWorker();
    const { deployments } = await shop.deploy('echo started >>"$HOME/trace"; sleep 3; echo done', ['web-1']);
    const id = deployments[0]?.id as string;
    await shop.until(id, 'executing');
    // it sleeps longer than its lease, and wakes up in the middle of what another one does
    worker.kill('SIGSTOP');
    await shop.work();
    const [, execute] = shop.tasksOf(id);
    const first = execute?.workerId;
    await waitFor('another to take it', () => shop.tasksOf(id)[1]?.workerId !== first, 10_000);
    worker.kill('SIGCONT');
    const end = await shop.until(id, 'over');
    expect(end).toMatchObject({ status: 'completed', output: 'done\n' });
    expect(readFileSync(join(host.home, 'trace'), 'utf8')).toBe('started\n');
    worker.kill('SIGTERM');
    expect((await worker.result).exitCode).toBe(0);
    const events = await shop.events(end.runId as string);
    const said = events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
    expect(Buffer.concat(said).toString()).toBe('done\n');
  });
});
