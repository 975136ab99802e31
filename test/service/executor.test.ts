import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Project, specOf } from '../e2e/project.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { useHosts } from '../ssh/hosts.ts';
import { configFor, Workshop, type WorkshopOptions } from './workshop.ts';

leakCheck();

describe.skipIf(requireProgram('sshd') === null)('a worker', () => {
  const hosts = useHosts();
  afterEach(() => void removeDeployFolders());

  async function open(more = '', options: WorkshopOptions = {}): Promise<{ shop: Workshop; host: SshdHost }> {
    const host = await hosts.start();
    const project = new Project();
    configFor(project, host.identityFile, more);
    project.add('web-1', specOf(host));
    return { shop: await Workshop.open(project, options), host };
  }

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
    expect(end.executionMs).toBeGreaterThanOrEqual(200);
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
});
