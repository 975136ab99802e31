import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { newInstance } from '../../src/model/instance.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { aResult } from '../state/records.ts';
import { CALLER, deployOf, type Fixture, openFixture, refusalOf, runOf } from './support.ts';

const ANN = { name: 'ann', requestId: 'rq-2' } as const;
const CANCELLED = { code: 'cancelled', message: 'cancelled by ann before it was begun' };

interface Started {
  readonly fixture: Fixture;
  readonly runId: string;
  /** of i-1, i-2 */
  readonly ids: readonly string[];
}

async function startedRun(): Promise<Started> {
  const fixture = await openFixture();
  fixture.add('i-1', 'i-2');
  const environment = new Map([['TOKEN', 'secret']]);
  const request = runOf(fixture.script('x.sh'), ['i-1', 'i-2'], { environment });
  const { runId, deployments } = await fixture.service.startRun(request, CALLER);
  return { fixture, runId, ids: deployments.map(({ id }) => id) };
}

async function eventsOf({ service, events }: Fixture, runId: string): Promise<RunEvent[]> {
  events.flush();
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  const told: RunEvent[] = [];
  for await (const { event } of service.events(runId, 0, stop.signal)) told.push(event);
  return told;
}

function tasksOf({ service }: Fixture, id: string): string[] {
  return service.tasksOf(id).map(({ status }) => status);
}

describe('a deployment that nobody has begun', () => {
  test('ends at once, and its attempt with it', async () => {
    const { fixture, runId, ids } = await startedRun();
    const [id = '', other = ''] = ids;
    const ended = await fixture.service.cancel(id, ANN);
    expect(ended).toMatchObject({ id, status: 'failed', executed: false, problem: CANCELLED, cancelledBy: 'ann' });
    expect(ended.finishedAt).not.toBeNull();
    expect(tasksOf(fixture, id)).toEqual(['cancelled', 'cancelled']);
    expect(fixture.state.runs.attempt(runId, 'i-1')).toMatchObject({
      outcome: 'cancelled',
      error: { code: 'cancelled', message: 'cancelled by ann' },
      evidence: ['nothing was started'],
    });
    expect(fixture.service.deployment(other)).toMatchObject({ status: 'pending', cancelledBy: null });
    expect(fixture.state.runs.find(runId)?.finishedAt).toBeNull();
    expect(fixture.state.environments.of(runId).size).toBe(1);
    expect((await eventsOf(fixture, runId)).map(({ type }) => type)).toEqual(['run-started', 'attempt-finished']);
  });

  test('lets nobody begin its attempt any more', async () => {
    const { fixture, runId, ids } = await startedRun();
    await fixture.service.cancel(ids[0] ?? '', ANN);
    expect(fixture.state.ledger.stepStarted(runId, 'i-1', 'connect')).toBe(false);
    expect(fixture.state.ledger.stepStarted(runId, 'i-2', 'connect')).toBe(true);
  });

  test('closes its run where it is the last one', async () => {
    const { fixture, runId, ids } = await startedRun();
    for (const id of ids) await fixture.service.cancel(id, ANN);
    expect(fixture.state.runs.find(runId)).toMatchObject({ exitCode: 2 });
    expect(fixture.state.environments.of(runId).size).toBe(0);
    const told = await eventsOf(fixture, runId);
    expect(told.map(({ type }) => type)).toEqual([
      'run-started',
      'attempt-finished',
      'attempt-finished',
      'run-finished',
    ]);
    expect(told.at(-1)).toMatchObject({ result: { runId, counts: { cancelled: 2 }, exitCode: 2 } });
  });

  test('may have no run, and no instance', async () => {
    const fixture = await openFixture();
    fixture.add(newInstance('i-1', { state: 'pending' }));
    const { deployments: coming } = await fixture.service.deploy(deployOf(fixture.script('x.sh'), ['i-1']), CALLER);
    const order = { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: null } as const;
    const rest = { payload: null, execute: false, remotePath: null, timeoutMs: null };
    const { deployments: made } = await fixture.service.create({ instances: [{ ...order, ...rest }] }, CALLER);
    for (const { id } of [...coming, ...made]) {
      expect(await fixture.service.cancel(id, ANN)).toMatchObject({ status: 'failed', problem: CANCELLED });
      expect(new Set(tasksOf(fixture, id))).toEqual(new Set(['cancelled']));
    }
  });
});

describe('a deployment that somebody is at', () => {
  test('is only marked, and whoever is at it hears of it', async () => {
    const { fixture, runId, ids } = await startedRun();
    const [id = ''] = ids;
    const [task] = fixture.service.tasksOf(id);
    fixture.state.tasks.begin(task?.id ?? '', 'wk-1');
    fixture.state.ledger.stepStarted(runId, 'i-1', 'connect');
    expect(await fixture.service.cancel(id, ANN)).toMatchObject({
      status: 'pending',
      cancelledBy: 'ann',
      finishedAt: null,
    });
    expect(await fixture.service.cancel(id, CALLER)).toMatchObject({ cancelledBy: 'ann' });
    expect(tasksOf(fixture, id)).toEqual(['running', 'waiting']);
    expect(fixture.state.runs.attempt(runId, 'i-1').outcome).toBeNull();
  });

  test('is only marked, too, where its attempt has begun before its task was seen to', async () => {
    const { fixture, runId, ids } = await startedRun();
    fixture.state.ledger.stepStarted(runId, 'i-1', 'connect');
    expect(await fixture.service.cancel(ids[0] ?? '', ANN)).toMatchObject({ finishedAt: null, cancelledBy: 'ann' });
    expect(tasksOf(fixture, ids[0] ?? '')).toEqual(['queued', 'waiting']);
  });

  test('is due at once where it was put off', async () => {
    const { fixture, ids } = await startedRun();
    const [id = ''] = ids;
    fixture.state.tasks.begin(fixture.service.tasksOf(id)[0]?.id ?? '', 'wk-1');
    const seen: string[] = [];
    const work = (key: string): Promise<{ readonly putOffMs: number }> => {
      seen.push(key);
      return Promise.resolve({ putOffMs: 3_600_000 });
    };
    const working = await fixture.queue.work(work, {
      concurrency: 2,
      leaseMs: 60_000,
      onProblem: () => undefined,
    });
    onTestFinished(() => working.stop());
    await waitFor('both keys to be put off', () => fixture.deps.queue.counts().putOff === 2);
    await fixture.service.cancel(id, ANN);
    await waitFor('the key to come again', () => seen.length === 3);
    expect(seen[2]).toBe(id);
  });
});

describe('cancelling is refused for', () => {
  test('what nobody knows', async () => {
    const { service } = await openFixture();
    expect(await refusalOf(() => service.cancel('pl-9', ANN))).toMatchObject({
      code: 'deployment-unknown',
      message: 'there is no deployment "pl-9"; it may have been forgotten',
    });
    expect(await refusalOf(() => service.cancelRun('20260701-120000-aaaa', ANN))).toMatchObject({
      code: 'run-unknown',
    });
  });

  test('what has finished', async () => {
    const { fixture, ids } = await startedRun();
    const [id = ''] = ids;
    await fixture.service.cancel(id, ANN);
    expect(await refusalOf(() => fixture.service.cancel(id, CALLER))).toMatchObject({
      code: 'deployment-finished',
      message: expect.stringMatching(new RegExp(`^${id} is failed since .*Z; there is nothing to cancel$`)) as string,
    });
  });
});

describe('a run is cancelled', () => {
  test('as far as nobody has begun it, and the rest is marked', async () => {
    const { fixture, runId, ids } = await startedRun();
    const [begun = '', unbegun = ''] = ids;
    fixture.state.tasks.begin(fixture.service.tasksOf(begun)[0]?.id ?? '', 'wk-1');
    fixture.state.ledger.stepStarted(runId, 'i-1', 'connect');
    await fixture.service.cancelRun(runId, ANN);
    expect(fixture.service.deployment(begun)).toMatchObject({ finishedAt: null, cancelledBy: 'ann' });
    expect(fixture.service.deployment(unbegun)).toMatchObject({ status: 'failed', problem: CANCELLED });
    expect(fixture.state.runs.find(runId)?.finishedAt).toBeNull();
  });

  test('at once where nobody has begun anything; once more is no error', async () => {
    const { fixture, runId } = await startedRun();
    await fixture.service.cancelRun(runId, ANN);
    await fixture.service.cancelRun(runId, ANN);
    expect(fixture.state.runs.find(runId)).toMatchObject({ exitCode: 2 });
    const types = (await eventsOf(fixture, runId)).map(({ type }) => type);
    expect(types).toEqual(['run-started', 'attempt-finished', 'attempt-finished', 'run-finished']);
  });

  test('whole, however many instances it has, and others are not kept waiting', async () => {
    const fixture = await openFixture();
    const ids = Array.from({ length: 250 }, (_, index) => `i-${index}`);
    fixture.add(...ids);
    const { runId } = await fixture.service.startRun(runOf(fixture.script('x.sh'), ids), CALLER);
    let isOver = false;
    const cancelled = fixture.service.cancelRun(runId, ANN).finally(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    await cancelled;
    expect(fixture.state.deployments.ofRun(runId).filter(({ status }) => status === 'failed')).toHaveLength(250);
    expect(fixture.state.runs.find(runId)).toMatchObject({ exitCode: 2 });
    const told = await eventsOf(fixture, runId);
    expect(told).toHaveLength(252);
    expect(told.at(-1)).toMatchObject({ type: 'run-finished', result: { counts: { cancelled: 250 } } });
  });

  test('whose attempts have ended, without touching what they came to', async () => {
    const { fixture, runId, ids } = await startedRun();
    fixture.state.ledger.attemptFinished(runId, aResult('i-1', { kind: 'succeeded' }));
    await fixture.service.cancelRun(runId, ANN);
    expect(fixture.state.runs.attempt(runId, 'i-1').outcome).toBe('succeeded');
    expect(fixture.service.deployment(ids[0] ?? '')).toMatchObject({ finishedAt: null, cancelledBy: 'ann' });
  });
});

test('events of a run that the service does not know are refused at once', async () => {
  const { service } = await openFixture();
  const { signal } = new AbortController();
  expect(await refusalOf(() => service.events('20260701-120000-aaaa', 0, signal))).toMatchObject({
    code: 'run-unknown',
  });
});
