import type { RunEvent } from '../../model/event.ts';
import type { Deployment, PayloadReference } from '../../model/deployment.ts';
import type { Instance } from '../../model/instance.ts';
import type { Payload } from '../../model/payload.ts';
import type { LookUps } from '../../fleet/look-ups.ts';
import type { Ordered } from '../../fleet/order-instances.ts';
import type { Fates } from '../../run/deps.ts';
import type { State } from '../../state/state.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Clock } from '../../util/clock.ts';
import type { Secret } from '../../util/secret.ts';
import type { ServiceLog } from '../log.ts';

/** What the executor works with. */
export interface ExecutorDeps {
  readonly state: State;
  readonly payloads: PayloadOpener;
  readonly events: EventSink;
  readonly log: ServiceLog;
  readonly transport: Transport;
  readonly fates: Fates;
  readonly lookUps: LookUps;
  readonly creator: Creator;
  readonly planner: Planner;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** makes tails of folder names, as in `RunDeps` */
  readonly stamp: () => string;
  /** the folder for the outputs of a run */
  readonly logsDirOf: (runId: string) => string;
  /** how long an instance may take until it takes a payload, ms */
  readonly readyTimeoutMs: number;
  /** called when runs have ended, and not often: forgets what is too much */
  readonly keepHistoryShort: () => Promise<void>;
}

/** Where payloads come from: the registry. */
export interface PayloadOpener {
  /** @throws SpotError `payload-gone` */
  open(reference: PayloadReference): Promise<OpenedPayload>;
}

export interface OpenedPayload {
  readonly payload: Payload;
  /** values that belong to the payload */
  readonly environment: ReadonlyMap<string, Secret>;
}

/** Where the events of runs go. */
export interface EventSink {
  append(runId: string, event: RunEvent): void;
  /** what was appended is durable */
  flush(): void;
}

/** Plans what a deployment asks for on an instance that is there by now. */
export interface Planner {
  /**
   * Writes the run down and makes it that of the deployment, unless it has one by now.
   * @param isOurs asked when it is written: whether nobody else has taken the deployment since
   * @throws SpotError where it cannot be planned
   */
  plan(deployment: Deployment, instance: Instance, isOurs: () => boolean): Promise<void>;
}

/** Has EC2 make instances. */
export interface Creator {
  /**
   * Asks for the instance of a deployment, once, however often this is called.
   * @param signal aborted: nothing more is asked for
   * @throws SpotError of EC2
   */
  create(deployment: Deployment, signal: AbortSignal): Promise<Creation>;
  /** Nothing more is to be done about it. @returns the id of the instance, as far as EC2 has told it */
  finished(deployment: Deployment): string | null;
}

export type Creation =
  | { readonly kind: 'ordered'; readonly instance: Ordered }
  /** why there is none to be had, a sentence each */
  | { readonly kind: 'none'; readonly shortages: readonly string[] }
  /** another worker is at it */
  | { readonly kind: 'busy' };
