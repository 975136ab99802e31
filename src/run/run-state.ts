import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';

type Known = Pick<State, 'deployments' | 'isAlive'>;

/** `running`: the client that began it is still at it; `left`: nobody is, so far as is known, and it has not ended. */
export type RunState = 'finished' | 'running' | 'left';

export function stateOfRun(run: RunRecord, state: Known): RunState {
  if (run.finishedAt !== null) return 'finished';
  return isInHands(run, state) ? 'running' : 'left';
}

/**
 * Whether somebody is at a run, or will be. One of a service is in the hands of whichever worker has its deployments, or will
 * claim them: as long as they are in the queue, it goes on.
 */
export function isInHands({ id, client }: RunRecord, state: Known): boolean {
  const { deployments } = state;
  return deployments.isRunKnown(id) ? deployments.openOfRun(id).size > 0 : state.isAlive(client);
}
