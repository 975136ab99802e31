import { noInstanceError, usageError } from '../model/errors.ts';
import { isInHands } from '../run/run-state.ts';
import type { TakeUpRequest } from '../run/take-up.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import { MAX_NAMED } from './several.ts';

export { isInHands, type RunState, stateOfRun } from '../run/run-state.ts';

/**
 * The run that a word means: an id, the beginning of one, `last` for the newest, null for the newest unfinished one.
 * @throws SpotError (exit 64) where there is none, or more than one
 */
export function findRun(word: string | null, state: State): RunRecord {
  const run = word === null ? state.runs.unfinished()[0] : word === 'last' ? state.runs.list(1)[0] : runOf(word, state);
  if (run !== undefined) return run;
  if (word === null) throw usageError('no-open-run', `no run is unfinished in ${state.path}`);
  throw usageError('no-such-run', `there is no run ${word} in ${state.path}; see what there is with: spot runs`);
}

function runOf(word: string, { runs }: State): RunRecord | undefined {
  const exact = runs.find(word);
  if (exact !== null) return exact;
  const { count, first } = runs.startingWith(word);
  if (count > 1) throw usageError('many-runs', `${word} means ${count} runs; write more of the id`);
  return first ?? undefined;
}

/**
 * The attempts of a run on the instances of these ids or names, in plan order; on all of them without a name.
 * @throws SpotError (exit 69) for a name that the run does not have
 */
export function attemptsMeant(runId: string, names: readonly string[], state: State): AttemptRecord[] {
  const attempts = state.runs.attempts(runId);
  const stranger = names.find((word) => !attempts.some((attempt) => isCalled(attempt, word)));
  if (stranger !== undefined) {
    const ids = attempts.slice(0, MAX_NAMED).map(({ instanceId }) => instanceId);
    const more = attempts.length > MAX_NAMED ? ` … and ${attempts.length - MAX_NAMED} more` : '';
    throw noInstanceError('not-in-run', `${stranger} is not in run ${runId}; its instances: ${ids.join(', ')}${more}`);
  }
  return names.length === 0 ? attempts : attempts.filter((attempt) => names.some((word) => isCalled(attempt, word)));
}

/** Whether a word is the id or the name of the instance of an attempt. */
export function isCalled({ instanceId, name }: AttemptRecord, word: string): boolean {
  return instanceId === word || name === word;
}

/**
 * A run none of whose attempts is open, closed: its client may have been killed between the last outcome and that. One with
 * an open attempt stays as it is.
 */
export function closedRun(run: RunRecord, state: State, clock: Clock): RunRecord {
  if (run.finishedAt !== null) return run;
  state.ledger.runEnded(run.id, isoTime(clock.now()));
  return state.runs.find(run.id) ?? run;
}

/** @param open attempts to go on with */
export function takeUpRequest(
  run: RunRecord,
  open: readonly AttemptRecord[],
  stoppedBy: string | null,
  state: State,
): TakeUpRequest {
  const instanceIds = open.map(({ instanceId }) => instanceId);
  return { instanceIds, stoppedBy, beginnerLives: () => isBegunElsewhere(run, stoppedBy, state) };
}

/** What a service has in its queue some worker begins some day; whoever stops it only makes way for those that live. */
function isBegunElsewhere(run: RunRecord, stoppedBy: string | null, state: State): boolean {
  if (!isInHands(run, state)) return false;
  return stoppedBy === null || !state.deployments.isRunKnown(run.id) || state.workers.living() > 0;
}
