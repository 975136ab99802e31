import type { Problem } from './errors.ts';

/** The steps of a deployment that the executor takes, in their order. */
export const TASK_KINDS = ['instance_create', 'payload_transfer', 'payload_execute'] as const;

export type TaskKind = (typeof TASK_KINDS)[number];

/** `waiting`: for the task before it; `put-off`: it is tried again at `dueAt`. */
export const TASK_STATUSES = ['waiting', 'queued', 'put-off', 'running', 'completed', 'failed', 'cancelled'] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

/** A durable row of the executor's work. Times are ISO 8601, UTC. */
export interface Task {
  /** `tk-…` */
  readonly id: string;
  readonly deploymentId: string;
  readonly kind: TaskKind;
  readonly status: TaskStatus;
  /** the task that has to be completed first, or null */
  readonly dependsOn: string | null;
  /** how often it was begun */
  readonly tries: number;
  /** not before */
  readonly dueAt: string;
  /** who is at it, or was last */
  readonly workerId: string | null;
  /** why it failed, or was put off */
  readonly problem: Problem | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
}
