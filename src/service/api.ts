import type { RunEvent } from '../model/event.ts';
import type { CreationOrder, Deployment, PayloadReference } from '../model/deployment.ts';
import type { Problem } from '../model/errors.ts';
import type { FilteredSelection } from '../inventory/select.ts';
import type { Instance, Skip } from '../model/instance.ts';
import type { OutcomeCounts } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Task, TaskStatus } from '../model/task.ts';

/**
 * What the service does, whoever asks: JSON-RPC, HTTP and `--via` are doors to it. A call answers as soon as what is asked
 * for is written down; the work is done by the executor. Problems are thrown as `SpotError`s with the codes of
 * `service/rpc/errors.ts`.
 */
export interface ServiceApi {
  /** One payload for several instances. Instances that cannot get it are in `errors`; the others are taken on. */
  deploy(request: DeployRequest, caller: Caller): Promise<Deployed>;
  /** New instances, each with a payload or without. */
  create(request: CreateRequest, caller: Caller): Promise<Deployed>;
  /** A payload for instances that a client has chosen, as `spot upload-script --via` does: all of them in one run. */
  startRun(request: RunRequest, caller: Caller): Promise<StartedRun>;
  /** @throws SpotError `deployment-unknown` */
  deployment(id: string): Deployment;
  /** with the tasks of each, newest first */
  deployments(query: DeploymentQuery): Page<Deployment>;
  /** Ends it, whatever it is at: what has not begun never does, a script that runs is stopped. @throws `deployment-unknown`, `deployment-finished` */
  cancel(id: string, caller: Caller): Promise<Deployment>;
  /** the same for all that is open of a run. @throws `run-unknown` */
  cancelRun(runId: string, caller: Caller): Promise<void>;
  /** @throws SpotError `task-unknown` */
  task(id: string): Task;
  tasks(query: TaskQuery): Page<Task>;
  /** of a deployment, in their order */
  tasksOf(deploymentId: string): readonly Task[];
  /** of each of these deployments, in their order */
  tasksOfEach(deploymentIds: readonly string[]): ReadonlyMap<string, readonly Task[]>;
  instances(query: PageQuery): Page<Instance>;
  /** @throws SpotError `instance-unknown` */
  instance(id: string): Instance;
  /** ends it at EC2. @throws `instance-unknown`, `instance-not-ec2`, `aws-…` */
  terminate(instanceId: string, caller: Caller): Promise<Instance>;
  /** What words mean in the fleet as it is now. @throws SpotError `bad-selector` */
  select(words: SelectionWords): FilteredSelection;
  /** @throws SpotError `run-unknown` */
  run(runId: string): RunSummary;
  /**
   * The events of a run after the one of that number, those to come, too, until the run is over or the signal is aborted.
   * @throws SpotError `run-unknown`
   */
  events(runId: string, after: number, signal: AbortSignal): AsyncIterable<NumberedEvent>;
  /** what is in the queue, who works on it */
  health(): Health;
}

/** Who asks: on record in `audit`. */
export interface Caller {
  /** the name of a token; `socket` for whoever may open the Unix socket */
  readonly name: string;
  /** of the request, unique */
  readonly requestId: string;
}

/** Where a payload comes from: exactly one of them is given. */
export type PayloadSource =
  /** a script on the machine of the service, absolute */
  | { readonly path: string }
  /** `NAME`, `NAME@VERSION` of the registry */
  | { readonly reference: string }
  /** an archive that was uploaded, by its digest (hex) */
  | { readonly digest: string };

export interface DeployRequest {
  /** ids or names; each once, 1 to 10,000 */
  readonly instanceIds: readonly string[];
  readonly payload: PayloadSource;
  readonly remotePath: string | null;
  readonly execute: boolean;
  readonly timeoutMs: number | null;
}

export interface CreateRequest {
  readonly instances: readonly (CreationOrder & {
    readonly payload: PayloadSource | null;
    readonly execute: boolean;
    readonly remotePath: string | null;
    readonly timeoutMs: number | null;
  })[];
}

/** As those of `--limit` and `--exclude`, one word each, without `@file`. */
export interface SelectionWords {
  /** empty: the whole fleet */
  readonly limit: readonly string[];
  readonly exclude: readonly string[];
}

/** A run as it stands in the ledger. Times are ISO 8601, UTC. */
export interface RunSummary {
  readonly id: string;
  readonly mode: Plan['mode'];
  /** sizes in bytes; `files`: files and links beside the script */
  readonly payload: {
    readonly name: string;
    readonly digest: string;
    readonly sizeBytes: number;
    readonly files: number;
  };
  readonly createdAt: string;
  /** null as long as it goes on, and so is `exitCode` */
  readonly finishedAt: string | null;
  readonly exitCode: number | null;
  readonly instances: number;
  /** of the attempts that have ended */
  readonly counts: OutcomeCounts;
}

/** Values of `environment` are secrets: kept until the run is over, told to nobody. */
export interface RunRequest extends DeployRequest {
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  readonly cleanup: boolean;
  readonly exclusive: boolean;
  readonly retries: number | null;
  /** wait until each instance is ready, ms; null: it is not asked */
  readonly readyTimeoutMs: number | null;
  /** who was left out when `instanceIds` were chosen, and why: the run's report tells of them */
  readonly skipped?: readonly Skip[];
}

export interface Deployed {
  /** one for each instance that was taken on, in the order of the request */
  readonly deployments: readonly Deployment[];
  /** of each deployment the first one, then those that wait for it */
  readonly taskIds: readonly string[];
  readonly errors: readonly (Problem & { /** as it was named */ readonly instance: string })[];
}

export interface StartedRun extends Deployed {
  readonly runId: string;
  readonly payload: PayloadReference;
}

export interface PageQuery {
  /** 1 to 1,000 */
  readonly limit: number;
  /** `nextCursor` of the page before, or null for the first */
  readonly cursor: string | null;
}

export interface DeploymentQuery extends PageQuery {
  /** id or name; null: of all instances */
  readonly instanceId: string | null;
}

export interface TaskQuery extends PageQuery {
  readonly deploymentId: string | null;
  readonly status: TaskStatus | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** null on the last page */
  readonly nextCursor: string | null;
}

/** Of one run, numbered from 1 without gaps. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: RunEvent;
}

export interface Health {
  /** `stopping` once it has been asked to end */
  readonly status: 'ok' | 'stopping';
  readonly queue: { readonly due: number; readonly putOff: number; readonly claimed: number };
  /** workers whose lease has not run out */
  readonly workers: number;
}
