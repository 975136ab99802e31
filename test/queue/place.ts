import { openState, type State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';

/** Where a queue is, for all who open it. */
export interface Place {
  readonly stateDir: string;
  /** a PostgreSQL URL, or null for the state file */
  readonly database: string | null;
}

export function openStateAt({ stateDir, database }: Place): State {
  return openState(stateDir, { clock: systemClock, database });
}
