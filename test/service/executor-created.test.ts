import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { mapBounded } from '../../src/util/bounded.ts';
import { type CloudProject, cloudProject } from '../e2e/creating.ts';
import type { BackedOptions } from '../helpers/ec2/backed-endpoint.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { compileDyingWorker, type Death, workUntil } from './dying-worker.ts';
import { Workshop } from './workshop.ts';

leakCheck();

const AWS = { provider: 'aws', region: 'us-east-1', size: 't3.micro' } as const;

interface CloudScene {
  readonly shop: Workshop;
  readonly project: CloudProject;
}

async function cloudScene(options: BackedOptions = {}, more = ''): Promise<CloudScene> {
  const project = await cloudProject(options);
  const { url } = project.ec2.endpoint;
  const config = project.read('config.yaml').replace('aws:\n', `aws:\n  endpoint: ${url}\n`);
  const roots = join(project.cwd, 'scripts');
  project.write('scripts/.keep', '');
  project.write('config.yaml', `${config}service: { payload_roots: ${roots}, lease: 1s }\n${more}`);
  return { shop: await Workshop.open(project, { env: project.ec2.endpoint.env }), project };
}

describe.skipIf(requireProgram('sshd') === null)('a worker', () => {
  afterEach(() => void removeDeployFolders());

  async function created(
    { shop, project }: CloudScene,
    script: string | null,
    execute = true,
  ): Promise<{ readonly id: string }> {
    const path = project.write('scripts/first.sh', `#!/bin/sh\n${script ?? 'true'}\n`);
    const payload = script === null ? null : { path };
    const wanted = { ...AWS, name: 'web-1', payload, execute, remotePath: null, timeoutMs: null };
    const { deployments, errors } = await shop.create({ instances: [wanted] });
    expect(errors).toEqual([]);
    return { id: deployments[0]?.id as string };
  }

  test('creates an instance, waits until it takes a payload, and runs that there', async () => {
    const scene = await cloudScene({ bootMs: 1500 });
    const { shop, project } = scene;
    const { id } = await created(scene, 'echo "hello from $SPOT_RUN_ID"');
    await shop.work();
    const end = await shop.until(id, 'over', 30_000);
    expect(end).toMatchObject({ status: 'completed', executed: true, instanceId: project.ids[0], problem: null });
    expect(end.output).toBe(`hello from ${end.runId}\n`);
    expect(shop.statuses(id)).toEqual(['transferred', 'executing', 'completed']);
    expect(shop.tasksOf(id).map(({ kind, status }) => [kind, status])).toEqual([
      ['instance_create', 'completed'],
      ['payload_transfer', 'completed'],
      ['payload_execute', 'completed'],
    ]);
    expect(shop.state.instances.find(end.instanceId as string)).toMatchObject({
      name: 'web-1',
      state: 'running',
      payloadStatus: 'executed',
    });
    const events = await shop.events(end.runId as string);
    expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', result: { exitCode: 0 } });
    expect(shop.rows('SELECT finished_at IS NOT NULL AS over FROM creations')).toEqual([{ over: 1 }]);
  });

  test('creates an instance and nothing else', async () => {
    const scene = await cloudScene();
    const { shop } = scene;
    const { id } = await created(scene, null);
    await shop.work();
    expect(await shop.until(id, 'over')).toMatchObject({ status: 'completed', executed: false, runId: null });
    expect(shop.tasksOf(id).map(({ kind, status }) => [kind, status])).toEqual([['instance_create', 'completed']]);
  });

  test('says why there was no instance to be had', async () => {
    const scene = await cloudScene();
    const { shop, project } = scene;
    const refusal = { code: 'UnauthorizedOperation', message: 'You are not authorized.', status: 403 };
    project.ec2.endpoint.fail('RunInstances', refusal);
    const { id } = await created(scene, 'true');
    await shop.work();
    const end = await shop.until(id, 'over');
    expect(end).toMatchObject({ status: 'failed', problem: { code: expect.stringMatching(/^aws-/) as string } });
    expect(shop.tasksOf(id).map(({ status }) => status)).toEqual(['failed', 'cancelled', 'cancelled']);
    expect(shop.tasksOf(id)[0]?.problem).toEqual(end.problem);
  });

  test('asks EC2 again for what it did not answer, and has made one instance in the end', async () => {
    const scene = await cloudScene();
    const { shop, project } = scene;
    // as often as the SDK asks by itself
    project.ec2.endpoint.fail('RunInstances', { closes: 'after' }, { times: 3 });
    const { id } = await created(scene, null);
    await shop.work();
    await waitFor('it to be put off', () => shop.tasksOf(id)[0]?.status === 'put-off', 20_000);
    expect(await shop.until(id, 'over', 30_000)).toMatchObject({ status: 'completed' });
    expect(project.ids).toHaveLength(1);
  });

  test('waits for an instance that is pending when it is asked for', async () => {
    const { shop, project } = await cloudScene();
    const instance = await project.ec2.add({ state: 'pending', tags: { Name: 'web-1', team: 'web' } });
    await project.run(['sync']);
    expect(shop.state.instances.find(instance.id)?.state).toBe('pending');
    await shop.work();
    const { deployments, errors } = await shop.deploy('echo here', [instance.id]);
    expect(errors).toEqual([]);
    const id = deployments[0]?.id as string;
    await waitFor('it to be put off', () => shop.tasksOf(id)[0]?.status === 'put-off');
    expect(shop.deployment(id)).toMatchObject({ runId: null, status: 'pending' });
    instance.enter('running');
    const end = await shop.until(id, 'over', 30_000);
    expect(end).toMatchObject({ status: 'completed', output: 'here\n' });
  });

  test('ends what waits for an instance that was taken back', async () => {
    const { shop, project } = await cloudScene();
    const instance = await project.ec2.add({ state: 'pending', tags: { Name: 'web-1', team: 'web' } });
    await project.run(['sync']);
    await shop.work();
    const { deployments } = await shop.deploy('true', [instance.id]);
    const id = deployments[0]?.id as string;
    await waitFor('it to be put off', () => shop.tasksOf(id)[0]?.status === 'put-off');
    project.ec2.endpoint.reclaim(instance.id);
    const end = await shop.until(id, 'over', 30_000);
    expect(end).toMatchObject({ status: 'failed', problem: { code: 'reclaimed' } });
  });

  test('gives up an instance that does not come up in time', async () => {
    const scene = await cloudScene({ pace: { pending: { ms: 60_000 } } }, 'limits: { ready_timeout: 1s }\n');
    const { shop } = scene;
    const { id } = await created(scene, 'true');
    await shop.work();
    const end = await shop.until(id, 'over', 30_000);
    expect(end.problem).toMatchObject({ code: 'not-ready' });
    expect(end.problem?.message).toMatch(/^not ready after 1\.0 s: i-\w+ is pending$/);
  });

  describe('that is killed before each of its writes', () => {
    let program: string;
    beforeAll(() => {
      program = compileDyingWorker(mkdtempSync(join(tmpdir(), 'dying-')));
    });
    afterAll(() => rmSync(join(program, '..'), { recursive: true }));

    test('has the next one go on with the instance that was made', { timeout: 300_000 }, async () => {
      const { writes } = await play(Infinity);
      const last = writes.indexOf('ledger.stepStarted');
      const moments = writes.slice(0, last).map((_write, index) => index + 1);
      expect(writes.slice(0, last)).toEqual(expect.arrayContaining(['creations.ordered', 'creations.answered']));
      await mapBounded(moments, 2, (fatal) => play(fatal));
    });

    async function play(fatal: number): Promise<Death> {
      const scene = await cloudScene();
      const { shop, project } = scene;
      const { id } = await created(scene, 'echo started >>"$HOME/trace"; echo done');
      const death = await workUntil(program, project, fatal, project.ec2.endpoint.env);
      const working = await shop.work();
      const end = await shop.until(id, 'over', 30_000);
      await shop.untilIdle();
      await working.stop();
      expect({ fatal, ...end }).toMatchObject({ fatal, status: 'completed', output: 'done\n' });
      expect({ fatal, ids: project.ids.length }).toEqual({ fatal, ids: 1 });
      const { home } = await project.ec2.hostOf(project.ids[0] as string);
      expect({ fatal, trace: readFileSync(join(home, 'trace'), 'utf8') }).toEqual({ fatal, trace: 'started\n' });
      await shop.close();
      return death;
    }
  });
});
