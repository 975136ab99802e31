import { describe, expect, test } from 'vitest';
import { newInstance } from '../../src/model/instance.ts';
import { createStamps, makeRunId } from '../../src/run/stamps.ts';
import { CALLER, contentOf, deployOf, openFixture, refusalOf, SETTINGS } from './support.ts';

const ALL = { limit: 100, cursor: null } as const;

describe('a payload for instances that are up', () => {
  test('is one run for all of them, and a deployment with its tasks for each, in the order of the request', async () => {
    const fixture = await openFixture();
    const { service, state, deps } = fixture;
    fixture.add('i-1', 'i-2', 'i-3');
    const { deployments, taskIds, errors } = await service.deploy(
      deployOf(fixture.script('deploy.sh'), ['i-3', 'i-1'], { timeoutMs: 90_000 }),
      CALLER,
    );
    expect(errors).toEqual([]);
    expect(deployments.map(({ instanceId }) => instanceId)).toEqual(['i-3', 'i-1']);
    const [first, second] = deployments;
    const runId = first?.runId ?? '';
    expect(first).toMatchObject({
      requestId: 'rq-1',
      requestedBy: 'ci',
      runId,
      status: 'pending',
      order: { create: null, payload: { name: 'deploy.sh', version: 1 }, execute: true, timeoutMs: 90_000 },
    });
    expect(first?.id).toMatch(/^pl-[0-9a-z]{20}$/);
    expect(state.deployments.ofRun(runId)).toEqual(deployments);
    const tasks = deployments.flatMap(({ id }) => service.tasksOf(id));
    expect(tasks.map(({ id }) => id)).toEqual(taskIds);
    expect(tasks.map(({ kind, status, deploymentId }) => [kind, status, deploymentId])).toEqual([
      ['payload_transfer', 'queued', first?.id],
      ['payload_execute', 'waiting', first?.id],
      ['payload_transfer', 'queued', second?.id],
      ['payload_execute', 'waiting', second?.id],
    ]);
    expect(tasks.map(({ dependsOn }) => dependsOn)).toEqual([null, taskIds[0], null, taskIds[2]]);
    expect(deps.queue.counts()).toEqual({ due: 2, putOff: 0, claimed: 0 });
  });

  test('is planned as the service is configured', async () => {
    const fixture = await openFixture();
    fixture.add('i-1', newInstance('i-2', { privateIp: '10.9.9.9', sshUser: 'admin', sshPort: 2222 }));
    const { deployments } = await fixture.service.deploy(deployOf(fixture.script('deploy.sh'), ['i-1', 'i-2']), CALLER);
    const run = fixture.state.runs.find(deployments[0]?.runId ?? '');
    expect(run).toMatchObject({ mode: 'run', payloadName: 'deploy.sh', finishedAt: null, rerunOf: null });
    expect(run?.plan).toMatchObject({
      limits: SETTINGS.limits,
      retries: 2,
      tracksPayload: true,
      readyTimeoutMs: null,
      exclusive: false,
      remotePath: null,
    });
    const hosts = fixture.state.runs.attempts(run?.id ?? '').map(({ host }) => host);
    expect(hosts[0]).toMatchObject({ user: 'ubuntu', port: null });
    expect(hosts[1]).toEqual({ user: 'admin', address: '10.9.9.9', port: 2222 });
  });

  test('is only put in place where it is not to be executed', async () => {
    const fixture = await openFixture();
    fixture.add('i-1');
    const { deployments, taskIds } = await fixture.service.deploy(
      deployOf(fixture.script('agent.sh'), ['i-1'], { execute: false, remotePath: '~/bin/agent.sh', timeoutMs: 1 }),
      CALLER,
    );
    expect(taskIds).toHaveLength(1);
    const run = fixture.state.runs.find(deployments[0]?.runId ?? '');
    expect(run).toMatchObject({ mode: 'copy', plan: { remotePath: '~/bin/agent.sh', environment: [] } });
  });

  test('tells its run from the first event on', async () => {
    const fixture = await openFixture();
    fixture.add('i-1');
    const { deployments } = await fixture.service.deploy(deployOf(fixture.script('deploy.sh'), ['i-1']), CALLER);
    const runId = deployments[0]?.runId ?? '';
    const stop = new AbortController();
    for await (const { number, event } of fixture.service.events(runId, 0, stop.signal)) {
      expect(number).toBe(1);
      expect(event).toMatchObject({
        type: 'run-started',
        plan: { runId, targets: [{ instance: { instanceId: 'i-1' } }] },
      });
      stop.abort();
    }
    expect(stop.signal.aborted).toBe(true);
  });

  test('has folders of its own for each request, even of the same millisecond', async () => {
    const clock = { now: () => Date.parse('2026-07-01T12:00:00.000Z') };
    const names = { stamp: createStamps(clock, 7), runId: () => makeRunId(clock, Math.random, 8) };
    const fixture = await openFixture({ clock, names });
    fixture.add('i-1');
    const path = fixture.script('deploy.sh');
    const all = await Promise.all(
      Array.from({ length: 20 }, () => fixture.service.deploy(deployOf(path, ['i-1']), CALLER)),
    );
    const runIds = all.map(({ deployments }) => deployments[0]?.runId ?? '');
    const stamps = runIds.flatMap((id) => fixture.state.runs.attempts(id).map(({ stamp }) => stamp));
    expect(new Set(runIds).size).toBe(20);
    expect(new Set(stamps).size).toBe(20);
  });

  test('takes another run id where one is taken', async () => {
    const ids = ['20260701-120000-aaaa', '20260701-120000-aaaa', '20260701-120000-bbbb'];
    const fixture = await openFixture({ names: { runId: () => ids.shift() ?? '', stamp: () => 'stamp' } });
    fixture.add('i-1');
    const path = fixture.script('deploy.sh');
    const first = await fixture.service.deploy(deployOf(path, ['i-1']), CALLER);
    const second = await fixture.service.deploy(deployOf(path, ['i-1']), CALLER);
    expect(first.deployments[0]?.runId).toBe('20260701-120000-aaaa');
    expect(second.deployments[0]?.runId).toBe('20260701-120000-bbbb');
  });
});

describe('an instance', () => {
  test('that comes up has a deployment without a run', async () => {
    const fixture = await openFixture();
    fixture.add('i-1', newInstance('i-2', { state: 'pending' }));
    const { deployments, taskIds, errors } = await fixture.service.deploy(
      deployOf(fixture.script('deploy.sh'), ['i-2', 'i-1']),
      CALLER,
    );
    expect(errors).toEqual([]);
    expect(taskIds).toHaveLength(4);
    expect(deployments.map(({ instanceId, runId }) => [instanceId, runId === null])).toEqual([
      ['i-2', true],
      ['i-1', false],
    ]);
    expect(fixture.state.runs.attempts(deployments[1]?.runId ?? '').map(({ instanceId }) => instanceId)).toEqual([
      'i-1',
    ]);
    expect(fixture.deps.queue.counts().due).toBe(2);
  });

  test('is meant by its name, and once however it is named', async () => {
    const fixture = await openFixture();
    fixture.add(newInstance('i-1', { name: 'web-1', publicIp: '10.0.0.1' }));
    const { deployments, errors } = await fixture.service.deploy(
      deployOf(fixture.script('deploy.sh'), ['web-1', 'i-1', 'web-1']),
      CALLER,
    );
    expect(errors).toEqual([]);
    expect(deployments.map(({ instanceId }) => instanceId)).toEqual(['i-1']);
  });

  test('is meant by its id, whatever others are called, and by its name before those that ended', async () => {
    const fixture = await openFixture();
    fixture.add(
      newInstance('i-1', { publicIp: '10.0.0.1' }),
      newInstance('i-2', { name: 'i-1', publicIp: '10.0.0.2' }),
      newInstance('i-3', { name: 'web', state: 'terminated' }),
      newInstance('i-4', { name: 'web', publicIp: '10.0.0.4' }),
    );
    const { deployments } = await fixture.service.deploy(deployOf(fixture.script('deploy.sh'), ['i-1', 'web']), CALLER);
    expect(deployments.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-4']);
  });

  test.each([
    ['nobody knows', 'i-9', 'instance-unknown', 'no instance has the id or name "i-9"; see which there are'],
    ['is stopped', 'i-2', 'instance-not-running', 'i-2 is stopped; a payload needs an instance that runs or comes up'],
    [
      'has ended',
      'i-3',
      'instance-not-running',
      'i-3 is terminated; a payload needs an instance that runs or comes up',
    ],
    ['has no address', 'i-4', 'instance-no-address', 'i-4 runs and has no address; give it one, or sync'],
    ['shares its name', 'web', 'instance-ambiguous', '"web" is the name of 2 instances (i-5, i-6); name one by its id'],
    ['has other tags', 'i-7', 'instance-other-tags', 'i-7 has other tags than aws.tags asks for'],
  ])('that %s is an error of its own, and the others are taken on', async (_, word, code, message) => {
    const fixture = await openFixture({ settings: { ...SETTINGS, tags: { team: 'web' } } });
    fixture.add(
      'i-1',
      newInstance('i-2', { state: 'stopped', publicIp: '10.0.0.2' }),
      newInstance('i-3', { state: 'terminated' }),
      newInstance('i-4', {}),
      newInstance('i-5', { name: 'web', publicIp: '10.0.0.5' }),
      newInstance('i-6', { name: 'web', publicIp: '10.0.0.6' }),
      newInstance('i-7', { source: 'ec2', tags: { team: 'db' }, publicIp: '10.0.0.7' }),
    );
    const { deployments, errors } = await fixture.service.deploy(
      deployOf(fixture.script('deploy.sh'), [word, 'i-1']),
      CALLER,
    );
    expect(errors).toEqual([{ code, message, instance: word }]);
    expect(deployments.map(({ instanceId }) => instanceId)).toEqual(['i-1']);
  });

  test('is missed by every word: there is no run, and nothing in the queue', async () => {
    const fixture = await openFixture();
    const before = contentOf(fixture);
    const { deployments, taskIds, errors } = await fixture.service.deploy(
      deployOf(fixture.script('deploy.sh'), ['i-8', 'i-9']),
      CALLER,
    );
    expect([deployments, taskIds]).toEqual([[], []]);
    expect(errors.map(({ code }) => code)).toEqual(['instance-unknown', 'instance-unknown']);
    expect(contentOf(fixture)).toEqual(before);
  });
});

test('deployments are found again by their ids, and by those of their instances', async () => {
  const fixture = await openFixture();
  const { service } = fixture;
  fixture.add('i-1', 'i-2');
  const path = fixture.script('deploy.sh');
  const { deployments: first } = await service.deploy(deployOf(path, ['i-1', 'i-2']), CALLER);
  const { deployments: second } = await service.deploy(deployOf(path, ['i-1']), CALLER);
  expect(service.deployment(second[0]?.id ?? '')).toEqual(second[0]);
  expect(service.deployments({ ...ALL, instanceId: 'i-1' }).items).toEqual([second[0], first[0]]);
  expect(service.deployments({ ...ALL, instanceId: 'i-2' })).toEqual({ items: [first[1]], nextCursor: null });
  expect(await refusalOf(() => service.deployment('pl-none'))).toMatchObject({ code: 'deployment-unknown' });
  expect(await refusalOf(() => service.task('tk-none'))).toMatchObject({ code: 'task-unknown' });
});
