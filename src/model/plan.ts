import type { Instance, Skip } from './instance.ts';
import type { Payload } from './payload.ts';

/** Where to connect. A user or port of null is left to the user's ssh_config, then to the defaults (`ubuntu`, 22). */
export interface Host {
  readonly user: string | null;
  /** IP address or name */
  readonly address: string;
  readonly port: number | null;
}

/** One instance of a plan. */
export interface Target {
  readonly instance: Instance;
  readonly host: Host;
  /** unique within the run's client: `<ts>_<pid>`, the tail of every folder this attempt makes */
  readonly stamp: string;
}

/** All in milliseconds but for `concurrency`. */
export interface Limits {
  readonly connectTimeoutMs: number;
  readonly uploadTimeoutMs: number;
  readonly executionTimeoutMs: number;
  readonly killGraceMs: number;
  /** how long an instance waits for a client that is gone before it ends the script; null: until the script's deadline */
  readonly leaseMs: number | null;
  /** instances worked on at once */
  readonly concurrency: number;
}

/** In which waves the targets get their turn, and how many of them may fail. */
export interface Rollout {
  /** how many targets each wave has, in their order; together all of them */
  readonly waves: readonly number[];
  /** between two waves, ms */
  readonly pauseMs: number;
  /** once more targets than this did not succeed, no other one is started; null: however many */
  readonly maxFailures: number | null;
}

/** What is done about a two-minute notice. */
export interface Interruption {
  /** what the script is sent */
  readonly signal: 'none' | 'usr1' | 'term';
  /** on which instances it is looked for; `auto`: on those from EC2 */
  readonly watch: 'auto' | 'always' | 'never';
  /** of the instance metadata service, as seen from an instance; without a slash at its end */
  readonly metadataEndpoint: string;
}

/** Nobody looks for a notice. */
export const NOT_WATCHED: Interruption = { signal: 'none', watch: 'never', metadataEndpoint: '' };

/** What is done about a script that takes much longer than those of the others. */
export const STRAGGLER_ACTIONS = ['report', 'detach', 'stop'] as const;
export type StragglerAction = (typeof STRAGGLER_ACTIONS)[number];

/** How the archive travels. */
export type TransferMode = 'auto' | 'sftp' | 'stream';

/** What will happen, as a value: which payload goes where, in which waves, under which limits. */
export interface Plan {
  readonly runId: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly payload: Payload;
  readonly targets: readonly Target[];
  readonly skipped: readonly Skip[];
  /** arguments of the script, those after `--` */
  readonly args: readonly string[];
  /** names of the environment variables given; the values are secrets and are passed beside the plan */
  readonly environment: readonly string[];
  /** `copy` transfers and does not run */
  readonly mode: 'run' | 'copy';
  /** where the script is kept on the instance, or null for the control folder */
  readonly remotePath: string | null;
  /** remove the files folder when the script has ended */
  readonly cleanup: boolean;
  readonly transfer: TransferMode;
  readonly limits: Limits;
  readonly rollout: Rollout;
  readonly interruption: Interruption;
  /** further tries to connect and upload, as long as the script cannot have been started */
  readonly retries: number;
  /** how long an instance may take to be ready before anything is sent, ms; null: it is not asked */
  readonly readyTimeoutMs: number | null;
  /** the moment between the last byte and the start is on record, too: someone looks at the payload status all the time */
  readonly tracksPayload: boolean;
  /** who holds each instance against other runs of this kind while the script runs; null: nobody */
  readonly holder: string | null;
  /** what an instance has from earlier runs is not sent again */
  readonly useCache: boolean;
  /** leave every script running as soon as it is started */
  readonly detached: boolean;
  /** id of the run that this one repeats, if it does */
  readonly rerunOf?: string;
}
