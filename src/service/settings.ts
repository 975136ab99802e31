import type { Interruption, Limits, TransferMode } from '../model/plan.ts';

/** What the service plans with: a part of the configuration. */
export interface ServiceSettings {
  readonly limits: Limits;
  /** where a request does not say it */
  readonly retries: number;
  /** of instances that were not up when they were asked for, ms */
  readonly readyTimeoutMs: number;
  readonly transfer: TransferMode;
  readonly interruption: Interruption;
  /** the SSH user, or null: that of the instance, or ssh_config decides */
  readonly username: string | null;
  /** instances from EC2 without them are no concern of the service */
  readonly tags: Readonly<Record<string, string>>;
  /** of this machine: in the name of whoever holds an instance, `ci@build-1` */
  readonly hostName: string;
}
