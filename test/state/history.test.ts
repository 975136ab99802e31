import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Plan } from '../../src/model/plan.ts';
import { planKeyOf } from '../../src/state/history.ts';
import type { State } from '../../src/state/state.ts';
import { anInstance, aPlan, aResult } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const SUCCEEDED: Outcome = { kind: 'succeeded' };
const FAILED: Outcome = { kind: 'failed', exitCode: 1 };
const FLEET = ['i-1', 'i-2', 'i-3'].map((id) => anInstance(id));
const KEY = planKeyOf(aPlan('any', FLEET));

interface Ledger {
  readonly state: State;
  /** ends attempts at this minute; those of other instances stay open */
  record(plan: Plan, minute: number, outcomes: Readonly<Record<string, Outcome>>): void;
}

function aLedger(): Ledger {
  let now = 0;
  const state = openedState(temporaryFolder(), { now: () => now });
  return {
    state,
    record: (plan, minute, outcomes) => {
      now = Date.UTC(2026, 10, 21, 10, minute);
      state.ledger.runStarted({ ...plan, createdAt: new Date(now).toISOString() });
      for (const [instanceId, outcome] of Object.entries(outcomes)) {
        state.ledger.stepStarted(plan.runId, instanceId, 'connect');
        state.ledger.attemptFinished(plan.runId, aResult(instanceId, outcome));
      }
    },
  };
}

test('an instance has it since the last attempt that succeeded, whatever came after', () => {
  const { state, record } = aLedger();
  record(aPlan('r1', FLEET), 0, { 'i-1': SUCCEEDED, 'i-2': FAILED, 'i-3': FAILED });
  record(aPlan('r2', FLEET), 1, { 'i-1': SUCCEEDED, 'i-2': SUCCEEDED, 'i-3': FAILED });
  record(aPlan('r3', FLEET), 2, { 'i-1': FAILED });
  expect(state.runs.successes(KEY)).toEqual([
    { instanceId: 'i-1', runId: 'r2', finishedAt: '2026-11-21T10:01:00.000Z' },
    { instanceId: 'i-2', runId: 'r2', finishedAt: '2026-11-21T10:01:00.000Z' },
  ]);
});

test('as which user it ran counts, and what only looks like it does not', () => {
  const { state, record } = aLedger();
  const args = ['"sudo":"root"'];
  record(aPlan('r1', FLEET, { args }), 0, { 'i-1': SUCCEEDED });
  record(aPlan('r2', FLEET, { args, sudo: 'postgres' }), 1, { 'i-2': SUCCEEDED });
  const had = (changes: Partial<Plan>): string[] =>
    state.runs.successes(planKeyOf(aPlan('any', FLEET, { args, ...changes }))).map(({ instanceId }) => instanceId);
  expect([had({}), had({ sudo: 'postgres' }), had({ sudo: 'root' }), had({ sudo: 'post' })]).toEqual([
    ['i-1'],
    ['i-2'],
    [],
    [],
  ]);
});

test('a folder that another user made is not one to take unchanged files from; one that root used is', () => {
  const { state, record } = aLedger();
  const folder = { path: '/tmp/deploy_files_1_2', payloadDigest: 'ab12' };
  record(aPlan('r1', FLEET, { sudo: 'postgres' }), 0, { 'i-1': SUCCEEDED });
  record(aPlan('r2', FLEET, { sudo: 'root' }), 1, { 'i-2': SUCCEEDED });
  record(aPlan('r3', FLEET, { args: ['"sudo":"postgres"'] }), 2, { 'i-3': SUCCEEDED });
  expect(FLEET.map(({ instanceId }) => state.ledger.cacheOf(instanceId).folder)).toEqual([null, folder, folder]);
});

describe('an attempt is about something else where', () => {
  const { payload } = aPlan('any', []);
  test.each<[what: string, change: Partial<Plan>]>([
    ['the payload is another one', { payload: { ...payload, digest: 'cd34' } }],
    ['it only copied', { mode: 'copy' }],
    ['the arguments are others', { args: ['--fast a b'] }],
    ['the arguments are others, of which quotes are no part', { args: ['["--fast","a b"]'] }],
    ['there are no arguments', { args: [] }],
    ['the script was kept somewhere', { remotePath: '/opt/x' }],
    ['it ran as another user', { sudo: 'root' }],
  ])('%s', (_what, change) => {
    const { state, record } = aLedger();
    const plan = aPlan('r1', FLEET, change);
    record(plan, 0, { 'i-1': SUCCEEDED, 'i-2': FAILED });
    expect(state.runs.successes(KEY)).toEqual([]);
    expect(state.runs.shortfalls(KEY)).toEqual([]);
    expect(state.runs.successes(planKeyOf(plan))).toHaveLength(1);
    expect(state.runs.shortfalls(planKeyOf(plan))).toHaveLength(2);
  });
});

test('arguments are told apart byte for byte, whatever stands in them', () => {
  const { state, record } = aLedger();
  const args = ['é"\\ \u0001\u2028', '<x>', '', "it's"];
  record(aPlan('r1', FLEET, { args }), 0, { 'i-1': SUCCEEDED });
  expect(state.runs.successes({ ...KEY, args })).toHaveLength(1);
});

test('attempts that came to nothing, and open ones, come oldest first', () => {
  const { state, record } = aLedger();
  record(aPlan('r2', FLEET), 0, { 'i-1': SUCCEEDED, 'i-2': FAILED });
  record(aPlan('r1', FLEET.slice(1, 2)), 1, { 'i-2': FAILED });
  expect(state.runs.shortfalls(KEY)).toEqual([
    {
      instanceId: 'i-2',
      runId: 'r2',
      outcome: 'failed',
      startedAt: '2026-11-21T10:00:00.000Z',
      finishedAt: '2026-11-21T10:00:00.000Z',
      evidence: ['killed 4 processes'],
    },
    { instanceId: 'i-3', runId: 'r2', outcome: null, startedAt: null, finishedAt: null, evidence: [] },
    expect.objectContaining({ instanceId: 'i-2', runId: 'r1' }),
  ]);
});

describe('a run is claimed', () => {
  const plan = aPlan('mine', FLEET.slice(0, 2));

  test.each<[what: string, other: Partial<Plan>, outcomes: Readonly<Record<string, Outcome>>, isMine: boolean]>([
    ['where nobody was before', {}, { 'i-1': FAILED, 'i-2': FAILED, 'i-3': SUCCEEDED }, true],
    ['where others are at something else', { args: [] }, {}, true],
    ['not where an attempt is open', {}, { 'i-1': FAILED, 'i-3': FAILED }, false],
    ['not where an instance has it by now', {}, { 'i-1': SUCCEEDED, 'i-2': FAILED, 'i-3': FAILED }, false],
  ])('%s', (_what, other, outcomes, isMine) => {
    const { state, record } = aLedger();
    record(aPlan('r1', FLEET, other), 0, outcomes);
    expect(state.ledger.runClaimed(plan)).toBe(isMine);
    expect(state.runs.find('mine') !== null).toBe(isMine);
    expect(state.runs.attempts('mine')).toHaveLength(isMine ? 2 : 0);
    expect(state.ledger.runClaimed({ ...plan, runId: 'yours' })).toBe(false);
  });
});

test('the latest attempt of an instance is that of its newest run, ended or not; what was skipped does not count', () => {
  const { state, record } = aLedger();
  const skipped: Outcome = { kind: 'skipped', reason: 'never started' };
  record(aPlan('r1', FLEET), 0, { 'i-1': SUCCEEDED, 'i-2': FAILED, 'i-3': FAILED });
  record(aPlan('r2', FLEET.slice(0, 2)), 1, { 'i-1': FAILED });
  record(aPlan('r3', FLEET.slice(2)), 2, { 'i-3': skipped });
  const finishedAt = (minute: number) => new Date(Date.UTC(2026, 10, 21, 10, minute)).toISOString();
  expect(state.runs.latest()).toEqual([
    { instanceId: 'i-1', runId: 'r2', outcome: 'failed', finishedAt: finishedAt(1) },
    { instanceId: 'i-2', runId: 'r2', outcome: null, finishedAt: null },
    { instanceId: 'i-3', runId: 'r1', outcome: 'failed', finishedAt: finishedAt(0) },
  ]);
});

test('open attempts are told with their runs, the newest first', () => {
  const { state, record } = aLedger();
  record(aPlan('r1', FLEET), 0, { 'i-1': SUCCEEDED, 'i-2': FAILED });
  record(aPlan('r2', FLEET), 1, { 'i-1': SUCCEEDED, 'i-2': FAILED });
  record(aPlan('r3', FLEET), 2, { 'i-1': SUCCEEDED, 'i-2': FAILED, 'i-3': FAILED });
  expect(state.runs.open()).toEqual([
    { instanceId: 'i-3', runId: 'r2' },
    { instanceId: 'i-3', runId: 'r1' },
  ]);
});
