import type { Cloud } from '../inventory/cloud.ts';
import type { PlanNames } from '../run/plan.ts';
import type { State } from '../state/state.ts';
import type { Clock } from '../util/clock.ts';
import type { EventLog } from './events/log.ts';
import type { PayloadResolver } from './payloads/resolver.ts';
import type { JobQueue } from './queue/queue.ts';
import type { ServiceSettings } from './settings.ts';

/** What taking orders needs from outside. */
export interface ServiceDeps {
  readonly state: State;
  readonly queue: Pick<JobQueue, 'add' | 'wake' | 'counts'>;
  readonly payloads: Pick<PayloadResolver, 'resolve'>;
  readonly events: Pick<EventLog, 'append' | 'follow'>;
  readonly settings: ServiceSettings;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  readonly pid: number;
  /** of all plans of this process, those of the executor, too */
  readonly names: PlanNames;
  /** closed by whoever opens it. @throws SpotError `aws-…` */
  readonly openCloud: () => Promise<Pick<Cloud, 'terminate' | 'fates' | 'close'>>;
  /** aborted once the service has been asked to end */
  readonly stopping: AbortSignal;
}
