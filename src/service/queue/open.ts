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
export async function openQueue({ state, database, clock, random }: QueueRequest): Promise<JobQueue> {
  const { workers } = state;
  if (database === null) return embeddedQueue({ jobs: state.jobs, workers, clock, random });
  // the engine takes longer to load than everything else
  const { graphileQueue } = await import('./graphile.ts');
  return graphileQueue({ jobs: state.graphileJobs, workers, database, clock, random });
}
