import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useHosts } from '../ssh/hosts.ts';
import { cloudInitUntil, proxiedScene, sceneOf } from './scene.ts';

leakCheck();

describe.skipIf(requireProgram('sshd') === null)('an instance that does not take a payload yet', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  test('puts its deployment off until it does, and holds no slot meanwhile', async () => {
    const ready = join(tempDir(), 'ready');
    const { shop } = await sceneOf(hosts, { programs: { 'cloud-init': cloudInitUntil(ready) } });
    const working = await shop.work();
    const { deployments } = await shop.deploy('echo done', ['web-1'], { readyTimeoutMs: 60_000 });
    const id = deployments[0]?.id as string;
    const [task] = await waitFor('it to be put off', () => {
      const tasks = shop.tasksOf(id);
      return tasks[0]?.status === 'put-off' && working.busy === 0 ? tasks : null;
    });
    expect(task).toMatchObject({ problem: { code: 'not-ready', message: 'cloud-init is not done yet' } });
    expect(shop.deployment(id).status).toBe('pending');
    writeFileSync(ready, '');
    const end = await shop.until(id, 'over');
    expect(end).toMatchObject({ status: 'completed', output: 'done\n' });
    expect(shop.statuses(id)).toEqual(['transferred', 'executing', 'completed']);
    const events = await shop.events(end.runId as string);
    expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(1);
    expect(events.find(({ type }) => type === 'waiting')).toMatchObject({ message: 'cloud-init is not done yet' });
  });

  test('is one that refuses connections, too', async () => {
    const { shop, proxy } = await proxiedScene(hosts);
    proxy.refuse();
    await shop.work();
    const { deployments } = await shop.deploy('echo done', ['web-1'], { readyTimeoutMs: 60_000 });
    const id = deployments[0]?.id as string;
    await waitFor('it to be put off', () => shop.tasksOf(id)[0]?.status === 'put-off');
    await proxy.listen();
    expect(await shop.until(id, 'over')).toMatchObject({ status: 'completed', output: 'done\n' });
  });

  test('fails it after its time', async () => {
    const { shop } = await sceneOf(hosts, { programs: { 'cloud-init': cloudInitUntil('/nowhere/ready') } });
    await shop.work();
    const { deployments } = await shop.deploy('echo done', ['web-1'], { readyTimeoutMs: 500 });
    const end = await shop.until(deployments[0]?.id as string, 'over');
    expect(end).toMatchObject({
      status: 'failed',
      problem: { code: 'not-ready', message: 'not ready after 500 ms: cloud-init is not done yet' },
    });
    const events = await shop.events(end.runId as string);
    expect(events.at(-1)).toMatchObject({ result: { counts: { 'timed-out': 1 } } });
    expect(shop.rows('SELECT payload_status FROM instances')).toEqual([{ payload_status: 'copy_failed' }]);
  });
});
