import type { State } from '../../state/state.ts';
import type { Clock } from '../../util/clock.ts';
import { embeddedQueue } from './embedded.ts';
import type { JobQueue } from './queue.ts';

export interface QueueRequest {
  readonly state: State;
  /** where the state is: a PostgreSQL URL, or null for the state file */
  readonly database: string | null;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
}

/** The queue that belongs to the state: in the state file, or graphile-worker's in the same database. */
export function openQueue({ state, database, clock, random }: QueueRequest): Promise<JobQueue> {
  if (database !== null) throw new Error('the queue on PostgreSQL is not there yet');
  return Promise.resolve(embeddedQueue({ jobs: state.jobs, workers: state.workers, clock, random }));
}
