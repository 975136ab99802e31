import type { RunEvent } from '../model/event.ts';
import type { State } from '../state/state.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import { recordedResult } from './events/facts.ts';

/**
 * Closes a run of the service if all its attempts have ended by now, and forgets the values of its environment.
 * @returns what is to be told of it; null where it is still open, or was closed before
 */
export function closeRun(
  runId: string,
  { state, clock }: { readonly state: State; readonly clock: Clock },
): Extract<RunEvent, { type: 'run-finished' }> | null {
  return state.atomically(() => {
    const at = clock.now();
    if (!state.ledger.runEnded(runId, isoTime(at))) return null;
    state.environments.forget(runId);
    const run = state.runs.find(runId);
    if (run === null) return null;
    return { type: 'run-finished', at, result: recordedResult(run, isoTime(at), state.runs) };
  });
}
