import type { Problem } from './errors.ts';

/** What became of a payload that was given to one instance, in the words of the service. */
export const DEPLOYMENT_STATUSES = ['pending', 'transferred', 'executing', 'completed', 'failed'] as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** A payload that is in the registry, or was uploaded: its archive is known by its digest. */
export interface PayloadReference {
  readonly name: string;
  /** of the registry */
  readonly version: number;
  /** SHA-256 of the archive, hex */
  readonly digest: string;
}

/** What is to be created before the payload can be brought. */
export interface CreationOrder {
  readonly provider: 'aws';
  readonly region: string;
  /** instance type */
  readonly size: string;
  /** becomes the tag `Name` */
  readonly name: string | null;
}

/** What is asked for; the same for all instances of a request, but for `create`. */
export interface DeploymentOrder {
  /** null: the instance is there */
  readonly create: CreationOrder | null;
  /** null: the instance is only created */
  readonly payload: PayloadReference | null;
  readonly args: readonly string[];
  /** false: it is only transferred */
  readonly execute: boolean;
  readonly remotePath: string | null;
  /** how long the script may run, ms; null: as the service is configured */
  readonly timeoutMs: number | null;
  readonly cleanup: boolean;
  readonly exclusive: boolean;
}

/** What is asked for one instance, and how far it has come. Times are ISO 8601, UTC. */
export interface Deployment {
  /** what other programs call the `payload_id`: `pl-…` */
  readonly id: string;
  /** of all deployments that were asked for at once */
  readonly requestId: string;
  /** who asked: the name of a token, `socket` */
  readonly requestedBy: string;
  /** null until the instance is created */
  readonly instanceId: string | null;
  /** null until it is planned, which needs the address of the instance */
  readonly runId: string | null;
  readonly order: DeploymentOrder;
  readonly status: DeploymentStatus;
  /** the script has run to its end, well or badly */
  readonly executed: boolean;
  /** of the script alone, ms; null until it has ended */
  readonly executionMs: number | null;
  /** the ends of what the script said, at most `OUTPUT_TAIL_BYTES` each */
  readonly output: string;
  readonly errorOutput: string;
  /** why it failed, or null */
  readonly problem: Problem | null;
  /** who wants it to end, or null */
  readonly cancelledBy: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
}

/** What is known of the execution of a script that has not been executed. */
export const NOT_EXECUTED = { executed: false, executionMs: null, output: '', errorOutput: '' } as const;

/** What is kept of an output in the row of a deployment, bytes; all of it is in the events of the run. */
export const OUTPUT_TAIL_BYTES = 64 * 1024;
