import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/model/outcome.ts';
import { anInstance, aPlan, aResult, NOW } from './records.ts';
import { behind, fixedClock, openedState, temporaryFolder } from './support.ts';

const FLEET = [anInstance('i-2', { name: 'web2' }), anInstance('i-1')];

describe('a run that has begun', () => {
  test('is on record with its whole plan before anything happens', () => {
    const state = openedState(temporaryFolder());
    const skipped = [{ instance: anInstance('i-3', { state: 'stopped' }), reason: 'stopped' }];
    const plan = aPlan('r1', FLEET, { skipped });
    state.ledger.runStarted(plan);
    expect(state.runs.find('r1')).toEqual({
      id: 'r1',
      createdAt: NOW,
      finishedAt: null,
      mode: 'run',
      payloadDigest: 'ab12',
      payloadName: 'deploy',
      payloadBytes: 4096,
      plan: {
        payloadPath: '/var/spot/ab12.tar.gz',
        fileCount: 0,
        exclusive: false,
        useCache: true,
        retries: 2,
        args: ['--fast', 'a b'],
        environment: ['TOKEN'],
        remotePath: null,
        cleanup: true,
        transfer: 'auto',
        limits: plan.limits,
        rollout: plan.rollout,
        readyTimeoutMs: null,
        tracksPayload: false,
        interruption: plan.interruption,
        skipped: [{ instanceId: 'i-3', reason: 'stopped' }],
      },
      client: expect.objectContaining({ pid: process.pid, hostName: hostname() }) as unknown,
      user: null,
      rerunOf: null,
      exitCode: null,
    });
    expect(state.runs.unfinished().map((run) => run.id)).toEqual(['r1']);
  });

  test('has one planned attempt for each target, in plan order', () => {
    const state = openedState(temporaryFolder());
    state.ledger.runStarted(aPlan('r1', FLEET));
    const [first, second] = state.runs.attempts('r1');
    expect(first).toEqual({
      runId: 'r1',
      instanceId: 'i-2',
      position: 0,
      name: 'web2',
      host: { user: 'ubuntu', address: '10.0.0.1', port: 2222 },
      stamp: '1782900000_100',
      step: null,
      startedAt: null,
      finishedAt: null,
      outcome: null,
      exitCode: null,
      signal: null,
      reason: null,
      error: null,
      evidence: [],
      steps: [],
      remoteDir: null,
      stdout: { path: null, bytes: 0 },
      stderr: { path: null, bytes: 0 },
      rescue: null,
    });
    expect(second).toMatchObject({ instanceId: 'i-1', position: 1, stamp: '1782900000_101' });
  });

  test('names who began it, and the run that it repeats', () => {
    const state = openedState(temporaryFolder(), fixedClock, 'ann');
    state.ledger.runStarted(aPlan('r2', FLEET, { rerunOf: 'r1', holder: 'run r2 of ann@laptop' }));
    expect(state.runs.find('r2')).toMatchObject({ user: 'ann', rerunOf: 'r1', plan: { exclusive: true } });
  });

  test.runIf(process.platform === 'linux')('names its client so that a later process can tell whether it lives', () => {
    const state = openedState(temporaryFolder());
    state.ledger.runStarted(aPlan('r1', FLEET));
    const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
    expect(state.runs.find('r1')?.client).toEqual({
      pid: process.pid,
      hostName: hostname(),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      startTicks: Number(/\) (?:\S+ ){19}(\d+)/.exec(stat)?.[1]),
    });
  });

  test('is recorded whole or not at all', () => {
    const state = openedState(temporaryFolder());
    expect(() => state.ledger.runStarted(aPlan('r1', [...FLEET, anInstance('i-2')]))).toThrow(/UNIQUE constraint/i);
    expect(state.runs.list()).toEqual([]);
  });
});

test('a step is on record when it begins, and the first one is the start of the attempt', () => {
  const folder = temporaryFolder();
  let now = Date.parse(NOW);
  const state = openedState(folder, { now: () => now });
  state.ledger.runStarted(aPlan('r1', FLEET));
  state.ledger.stepStarted('r1', 'i-1', 'connect');
  now += 5000;
  state.ledger.stepStarted('r1', 'i-1', 'upload');
  const [untouched, attempt] = openedState(folder).runs.attempts('r1');
  expect(attempt).toMatchObject({ step: 'upload', startedAt: NOW, finishedAt: null, outcome: null });
  expect(untouched).toMatchObject({ step: null, startedAt: null });
});

describe('an attempt that has ended', () => {
  const error = { code: 'link-lost', message: 'the link broke' };
  const none = { exitCode: null, signal: null, reason: null, error: null, step: 'execute' };

  test.each<[Outcome, Record<string, unknown>]>([
    [{ kind: 'succeeded' }, none],
    [
      { kind: 'failed', exitCode: 3 },
      { ...none, exitCode: 3 },
    ],
    [
      { kind: 'killed', signal: 'SIGSEGV' },
      { ...none, signal: 'SIGSEGV' },
    ],
    [
      { kind: 'timed-out', step: 'upload', error },
      { ...none, step: 'upload', error },
    ],
    [
      { kind: 'unreachable', error },
      { ...none, error },
    ],
    [
      { kind: 'rejected', error },
      { ...none, error },
    ],
    [
      { kind: 'lost', step: 'collect', error },
      { ...none, step: 'collect', error },
    ],
    [
      { kind: 'reclaimed', error },
      { ...none, error },
    ],
    [
      { kind: 'cancelled', error },
      { ...none, error },
    ],
    [
      { kind: 'skipped', reason: 'a failure limit' },
      { ...none, reason: 'a failure limit' },
    ],
  ])('keeps its outcome: %o', (outcome, columns) => {
    const state = openedState(temporaryFolder());
    state.ledger.runStarted(aPlan('r1', FLEET));
    state.ledger.stepStarted('r1', 'i-1', 'execute');
    state.ledger.attemptFinished('r1', aResult('i-1', outcome));
    expect(state.runs.attempts('r1')[1]).toMatchObject({ ...columns, outcome: outcome.kind, finishedAt: NOW });
  });

  test('keeps its evidence, steps, folder and output files', () => {
    const state = openedState(temporaryFolder());
    state.ledger.runStarted(aPlan('r1', FLEET));
    state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'succeeded' }));
    expect(state.runs.attempts('r1')[1]).toMatchObject({
      evidence: ['killed 4 processes'],
      steps: [{ name: 'connect', ms: 85.5, bytes: 0 }],
      remoteDir: '/tmp/deploy_files_1_2',
      stdout: { path: '/logs/out', bytes: 12 },
      stderr: { path: null, bytes: 0 },
      rescue: null,
    });
  });

  test('stays on record when its instance is removed', () => {
    const state = openedState(temporaryFolder());
    state.instances.add(FLEET);
    state.ledger.runStarted(aPlan('r1', FLEET));
    state.instances.remove(['i-1', 'i-2']);
    expect(state.runs.attempts('r1').map((attempt) => attempt.instanceId)).toEqual(['i-2', 'i-1']);
  });
});

test('a run that has ended keeps its exit code and is no longer unfinished', () => {
  const state = openedState(temporaryFolder());
  state.ledger.runStarted(aPlan('r1', FLEET));
  state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'failed', exitCode: 1 }));
  state.ledger.runEnded('r1', NOW);
  expect(state.runs.unfinished()).toHaveLength(1);
  state.ledger.attemptFinished('r1', aResult('i-2', { kind: 'unreachable', error: { code: 'x', message: 'y' } }));
  state.ledger.runEnded('r1', NOW);
  expect(state.runs.find('r1')).toMatchObject({ finishedAt: NOW, exitCode: 6 });
  expect(state.runs.unfinished()).toEqual([]);
});

test('runs are listed newest first, those of the same moment too', () => {
  const state = openedState(temporaryFolder());
  state.ledger.runStarted(aPlan('middle', []));
  state.ledger.runStarted(aPlan('old', [], { createdAt: '2026-01-01T00:00:00.000Z' }));
  state.ledger.runStarted(aPlan('new', []));
  expect(state.runs.list().map((run) => run.id)).toEqual(['new', 'middle', 'old']);
  expect(state.runs.find('none')).toBeNull();
  expect(state.runs.attempts('none')).toEqual([]);
});

test.each([
  ['step', 'the state file knows no attempt of run r9 on i-1'],
  ['attempt', 'the state file knows no attempt of run r9 on i-1'],
  ['try', 'the state file knows no attempt of run r9 on i-1'],
])('what was never announced cannot be recorded: %s', (what, message) => {
  const { ledger } = openedState(temporaryFolder());
  const record: Record<string, () => void> = {
    step: () => ledger.stepStarted('r9', 'i-1', 'connect'),
    attempt: () => ledger.attemptFinished('r9', aResult('i-1', { kind: 'succeeded' })),
    try: () => ledger.attemptRenewed('r9', 'i-1', '1_2'),
  };
  expect(record[what]).toThrow(new Error(message));
});

test.each([
  ['runs', 'plan', 'find'],
  ['attempts', 'steps', 'attempts'],
] as const)('damaged JSON in %s is a broken state file', (table, column, read) => {
  const state = openedState(temporaryFolder());
  state.ledger.runStarted(aPlan('r1', FLEET));
  behind(state, `UPDATE ${table} SET ${column} = '{'`);
  expect(() => state.runs[read]('r1')).toThrow(
    expect.objectContaining({
      code: 'state-broken',
      message: expect.stringMatching(
        /^the state (?:file .*state\.db|in postgres:.*) is broken \(.*JSON.*\); restore a copy/,
      ) as string,
    }),
  );
});
