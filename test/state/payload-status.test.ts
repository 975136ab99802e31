import { describe, expect, test } from 'vitest';
import type { Instance } from '../../src/model/instance.ts';
import { type Outcome, type Step, STEPS } from '../../src/model/outcome.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { State } from '../../src/state/state.ts';
import { anInstance, aPlan, aResult } from './records.ts';
import { behind, ON_POSTGRES, openedState, temporaryFolder } from './support.ts';

const WEB = anInstance('i-1');
const error = { code: 'x', message: 'it went wrong' };

/** A state with one instance. */
function aState(): State {
  const state = openedState(temporaryFolder());
  state.instances.add([WEB]);
  return state;
}

/** The steps up to this one. */
function begin(state: State, runId: string, last: Step): void {
  for (const step of STEPS.slice(0, STEPS.indexOf(last) + 1)) state.ledger.stepStarted(runId, 'i-1', step);
}

function statusIn(state: State): Pick<Instance, 'payloadStatus' | 'payloadError'> | undefined {
  const { payloadStatus, payloadError } = state.instances.find('i-1') ?? {};
  return payloadStatus && { payloadStatus, payloadError: payloadError ?? null };
}

/** @param mode of the only run, which has come to this step, and perhaps to its end */
function after(last: Step | null, mode: Plan['mode'], outcome: Outcome | null, evidence: readonly string[] = []) {
  const state = aState();
  state.ledger.runStarted(aPlan('r1', [WEB], { mode }));
  if (last !== null) begin(state, 'r1', last);
  if (outcome !== null) state.ledger.attemptFinished('r1', { ...aResult('i-1', outcome), evidence });
  const { payloadStatus, payloadError } = statusIn(state) ?? {};
  return [payloadStatus, payloadError];
}

describe('what an instance has of its payload', () => {
  test.each([
    [null, 'none'],
    ['connect', 'pending_copy'],
    ['boot', 'pending_copy'],
    ['locks', 'pending_copy'],
    ['disk', 'pending_copy'],
    ['upload', 'pending_copy'],
    ['execute', 'executing'],
    ['collect', 'executing'],
    ['clean-up', 'executing'],
  ] as const)('from the step %s on is %s', (step, status) => {
    expect(after(step, 'run', null)).toEqual([status, null]);
  });

  test('is pending_execution once all of it was sent', () => {
    const state = aState();
    state.ledger.runStarted(aPlan('r1', [WEB]));
    begin(state, 'r1', 'upload');
    state.ledger.payloadSent('r1', 'i-1');
    expect(statusIn(state)?.payloadStatus).toBe('pending_execution');
    state.ledger.stepStarted('r1', 'i-1', 'connect');
    expect(statusIn(state)?.payloadStatus).toBe('pending_copy');
  });

  test.each<[Plan['mode'], Step | null, Outcome, string, string | null]>([
    ['run', 'clean-up', { kind: 'succeeded' }, 'executed', null],
    ['copy', 'clean-up', { kind: 'succeeded' }, 'copied', null],
    ['run', 'clean-up', { kind: 'failed', exitCode: 3 }, 'execution_failed', 'the script ended with exit code 3'],
    ['run', 'clean-up', { kind: 'killed', signal: 'SIGSEGV' }, 'execution_failed', 'the script was ended by SIGSEGV'],
    ['run', 'clean-up', { kind: 'timed-out', step: 'execute', error }, 'timed_out', error.message],
    ['run', 'upload', { kind: 'timed-out', step: 'upload', error }, 'copy_failed', error.message],
    ['run', 'locks', { kind: 'timed-out', step: 'locks', error }, 'copy_failed', error.message],
    ['run', 'connect', { kind: 'unreachable', error }, 'copy_failed', error.message],
    ['run', 'upload', { kind: 'rejected', error }, 'copy_failed', error.message],
    ['run', 'execute', { kind: 'lost', step: 'execute', error }, 'execution_failed', error.message],
    ['run', 'upload', { kind: 'lost', step: 'upload', error }, 'execution_failed', error.message],
    ['copy', 'upload', { kind: 'lost', step: 'upload', error }, 'copy_failed', error.message],
    ['run', 'upload', { kind: 'reclaimed', error }, 'copy_failed', error.message],
    ['run', 'execute', { kind: 'reclaimed', error }, 'execution_failed', error.message],
    ['run', 'boot', { kind: 'cancelled', error }, 'copy_failed', error.message],
    ['run', 'clean-up', { kind: 'cancelled', error }, 'execution_failed', error.message],
    ['run', null, { kind: 'cancelled', error }, 'none', null],
    ['run', null, { kind: 'skipped', reason: 'a reason' }, 'none', null],
  ])('after a %s that came to %s and is %o is %s', (mode, step, outcome, status, message) => {
    expect(after(step, mode, outcome)).toEqual([status, message]);
  });

  test('is execution_failed where a cancelled script may be running on', () => {
    const outcome = { kind: 'cancelled', error } as const;
    const evidence = ['not confirmed: the script may be running on'];
    expect(after('upload', 'run', outcome, evidence)).toEqual(['execution_failed', error.message]);
  });
});

describe('of several runs on an instance', () => {
  test('the newest that has begun there counts, of the same moment too', () => {
    const state = aState();
    for (const runId of ['old', 'new', 'newest']) state.ledger.runStarted(aPlan(runId, [WEB]));
    begin(state, 'old', 'execute');
    expect(statusIn(state)?.payloadStatus).toBe('executing');
    begin(state, 'new', 'upload');
    state.ledger.attemptFinished('old', aResult('i-1', { kind: 'succeeded' }));
    expect(statusIn(state)?.payloadStatus).toBe('pending_copy');
    state.ledger.attemptFinished('new', aResult('i-1', { kind: 'unreachable', error }));
    expect(statusIn(state)).toEqual({ payloadStatus: 'copy_failed', payloadError: error.message });
    begin(state, 'newest', 'connect');
    expect(statusIn(state)).toEqual({ payloadStatus: 'pending_copy', payloadError: null });
  });

  test('each instance has its own', () => {
    const state = aState();
    const other = anInstance('i-2');
    state.instances.add([other]);
    state.ledger.runStarted(aPlan('r1', [WEB, other]));
    state.ledger.stepStarted('r1', 'i-2', 'connect');
    expect(state.instances.list().map(({ payloadStatus }) => payloadStatus)).toEqual(['none', 'pending_copy']);
  });
});

describe('what another client has ended', () => {
  test('is not changed by the one that comes second', () => {
    const state = aState();
    state.ledger.runStarted(aPlan('r1', [WEB]));
    begin(state, 'r1', 'upload');
    state.ledger.attemptFinished('r1', { ...aResult('i-1', { kind: 'cancelled', error }), evidence: [] });
    const ended = statusIn(state);
    state.ledger.payloadSent('r1', 'i-1');
    state.ledger.stepStarted('r1', 'i-1', 'execute');
    state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'succeeded' }));
    expect(statusIn(state)).toEqual(ended);
  });

  test('counts where it was lost before, and closed by whoever knows more', () => {
    const state = aState();
    state.ledger.runStarted(aPlan('r1', [WEB]));
    begin(state, 'r1', 'execute');
    state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'lost', step: 'execute', error }));
    const { stamp } = state.ledger.attempt('r1', 'i-1');
    state.ledger.attemptClosed('r1', aResult('i-1', { kind: 'succeeded' }), { stamp });
    expect(statusIn(state)).toEqual({ payloadStatus: 'executed', payloadError: null });
  });
});

test('an instance that is added again keeps its status, and one that is gone has none', () => {
  const state = aState();
  state.ledger.runStarted(aPlan('r1', [WEB]));
  begin(state, 'r1', 'execute');
  state.instances.add([{ ...WEB, publicIp: '10.0.0.2' }]);
  expect(state.instances.find('i-1')).toMatchObject({ payloadStatus: 'executing', publicIp: '10.0.0.2' });
  state.instances.remove(['i-1']);
  state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'succeeded' }));
  expect(state.runs.attempts('r1')).toMatchObject([{ outcome: 'succeeded' }]);
});

const REFUSE_ON_SQLITE = `CREATE TRIGGER refuse BEFORE UPDATE ON instances BEGIN SELECT RAISE(ABORT, 'refused'); END`;
const REFUSE_ON_POSTGRES = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
  CREATE TRIGGER refuse BEFORE UPDATE ON instances FOR EACH ROW EXECUTE FUNCTION refuse()`;

test('status and attempt are written together or not at all', () => {
  const state = aState();
  state.ledger.runStarted(aPlan('r1', [WEB]));
  begin(state, 'r1', 'upload');
  behind(state, ON_POSTGRES ? REFUSE_ON_POSTGRES : REFUSE_ON_SQLITE);
  expect(() => state.ledger.stepStarted('r1', 'i-1', 'execute')).toThrow('refused');
  expect(() => state.ledger.attemptFinished('r1', aResult('i-1', { kind: 'succeeded' }))).toThrow('refused');
  expect(state.runs.attempts('r1')).toMatchObject([{ step: 'upload', outcome: null }]);
});
