import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Deployment } from '../../src/model/deployment.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { faultsInTurn } from '../helpers/proxy.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useHosts } from '../ssh/hosts.ts';
import { cloudInitUntil, proxiedScene, sceneOf } from './scene.ts';
import type { Workshop } from './workshop.ts';

leakCheck();

const CANCELLED = { status: 'failed', executed: false, problem: { code: 'cancelled' } };

describe.skipIf(requireProgram('sshd') === null)('somebody who wants the end of a deployment', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  async function deployed(shop: Workshop, script: string): Promise<string> {
    const { deployments } = await shop.deploy(script, ['web-1']);
    return deployments[0]?.id as string;
  }

  /** Asks this process, as the doors do. */
  async function cancel(shop: Workshop, id: string): Promise<Deployment> {
    await shop.parts.api.cancel(id, { name: 'ann', requestId: 'rq-cancel' });
    return shop.until(id, 'over');
  }

  test('keeps what has not begun from beginning', async () => {
    const { shop, host } = await sceneOf(hosts);
    const id = await deployed(shop, 'echo ran >"$HOME/ran"');
    expect(await cancel(shop, id)).toMatchObject({ ...CANCELLED, cancelledBy: 'ann' });
    await shop.work();
    await shop.untilIdle();
    expect(existsSync(join(host.home, 'ran'))).toBe(false);
    const events = await shop.events(shop.deployment(id).runId as string);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', result: { counts: { cancelled: 1 } } });
  });

  test('is heard while nobody answers, and starts nothing', async () => {
    const { shop, host } = await sceneOf(hosts);
    host.freeze();
    const working = await shop.work();
    const id = await deployed(shop, 'echo ran >"$HOME/ran"');
    await waitFor('it to connect', () => shop.tasksOf(id)[0]?.status === 'running');
    expect(await cancel(shop, id)).toMatchObject(CANCELLED);
    await working.stop();
    host.thaw();
    expect(shop.tasksOf(id).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  test('is heard in the upload', async () => {
    const faults = faultsInTurn({ kind: 'stall', direction: 'up', atByte: 200_000 });
    const { shop, host } = await proxiedScene(hosts, { faults });
    await shop.work();
    const id = await deployed(shop, `echo ran >"$HOME/ran"\n# ${noise(1_600_000)}`);
    await waitFor('it to upload', () => stepOf(shop, id) === 'upload');
    expect(await cancel(shop, id)).toMatchObject(CANCELLED);
    expect(existsSync(join(host.home, 'ran'))).toBe(false);
  });

  test('stops a script that runs, and waits for the proof', async () => {
    const { shop, host } = await sceneOf(hosts);
    await shop.work();
    const id = await deployed(shop, 'echo begun; echo $$ >"$HOME/pid"; sleep 60; echo ended >"$HOME/ended"');
    await shop.until(id, 'executing');
    await waitFor('the script to begin', () => existsSync(join(host.home, 'pid')));
    const end = await cancel(shop, id);
    expect(end).toMatchObject({ ...CANCELLED, problem: { code: 'cancelled', message: 'cancelled by ann' } });
    expect(end.output).toBe('begun\n');
    expect(existsSync(`/proc/${readFileSync(join(host.home, 'pid'), 'utf8').trim()}`)).toBe(false);
    expect(shop.statuses(id)).toEqual(['transferred', 'executing', 'failed']);
    expect(shop.tasksOf(id).map(({ status }) => status)).toEqual(['completed', 'cancelled']);
  });

  test('is heard by a worker in another process, too', async () => {
    const { shop } = await sceneOf(hosts);
    const worker = await shop.startWorker();
    const id = await deployed(shop, 'sleep 60');
    await shop.until(id, 'executing');
    expect(await cancel(shop, id)).toMatchObject(CANCELLED);
    worker.kill('SIGTERM');
    expect(await worker.result).toMatchObject({ exitCode: 0 });
  });

  test('ends what is put off at once', async () => {
    const ready = join(tempDir(), 'ready');
    const { shop } = await sceneOf(hosts, { programs: { 'cloud-init': cloudInitUntil(ready) } });
    await shop.work();
    const { deployments } = await shop.deploy('true', ['web-1'], { readyTimeoutMs: 60_000 });
    const id = deployments[0]?.id as string;
    await waitFor('it to be put off twice', () => {
      const [task] = shop.tasksOf(id);
      return task?.status === 'put-off' && task.tries >= 2;
    });
    expect(await cancel(shop, id)).toMatchObject(CANCELLED);
    await shop.untilIdle();
    expect(shop.statuses(id)).toEqual(['failed']);
    writeFileSync(ready, '');
  });

  test('cannot end what has ended', async () => {
    const { shop } = await sceneOf(hosts);
    await shop.work();
    const id = await deployed(shop, 'true');
    await shop.until(id, 'over');
    await expect(cancel(shop, id)).rejects.toMatchObject({ code: 'deployment-finished' });
  });
});

function stepOf(shop: Workshop, id: string): unknown {
  const { runId } = shop.deployment(id);
  return shop.rows(`SELECT step FROM attempts WHERE run_id = '${runId}'`)[0]?.['step'];
}

/** Characters that do not become fewer when they are packed. */
function noise(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (seed % 90));
  }).join('');
}
