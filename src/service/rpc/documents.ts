import type { InferOutput } from 'valibot';
import type { Deployment } from '../../model/deployment.ts';
import type { Instance } from '../../model/instance.ts';
import type { Task } from '../../model/task.ts';
import { instanceDocument } from '../../report/instance-document.ts';
import type { Deployed, Page } from '../api.ts';
import type {
  deployedAnswer,
  instancesAnswer,
  payloadAnswer,
  payloadsAnswer,
  taskAnswer,
  tasksAnswer,
} from './answers.ts';

/** What was taken on, and what was not. */
export function deployedDocument({ deployments, taskIds, errors }: Deployed): InferOutput<typeof deployedAnswer> {
  return {
    success: errors.length === 0,
    payload_ids: deployments.map(({ id }) => id),
    task_ids: [...taskIds],
    errors: errors.map(({ instance, code, message }) => ({ instance_id: instance, code, message })),
  };
}

/** @param tasks of the deployment, in their order */
export function payloadDocument(deployment: Deployment, tasks: readonly Task[]): InferOutput<typeof payloadAnswer> {
  const { order, problem, executionMs } = deployment;
  return {
    id: deployment.id,
    instance_id: deployment.instanceId,
    payload: order.payload === null ? null : `${order.payload.name}@${order.payload.version}`,
    remote_path: order.remotePath,
    status: deployment.status,
    execution_time: executionMs === null ? null : `${(executionMs / 1000).toFixed(3)}s`,
    executed: deployment.executed,
    output: deployment.output,
    error_output: deployment.errorOutput,
    error: problem?.message ?? null,
    error_code: problem?.code ?? null,
    task_id: currentTask(tasks)?.id ?? null,
    run_id: deployment.runId,
    requested_by: deployment.requestedBy,
    cancelled_by: deployment.cancelledBy,
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    finished_at: deployment.finishedAt,
  };
}

/** The first that has not ended; where all have, the one that decided: the first that was not completed, or the last. */
function currentTask(tasks: readonly Task[]): Task | undefined {
  return (
    tasks.find(({ finishedAt }) => finishedAt === null) ??
    tasks.find(({ status }) => status !== 'completed') ??
    tasks.at(-1)
  );
}

export function taskDocument(task: Task): InferOutput<typeof taskAnswer> {
  return {
    id: task.id,
    payload_id: task.deploymentId,
    type: task.kind,
    status: task.status,
    depends_on: task.dependsOn,
    tries: task.tries,
    due_at: task.dueAt,
    worker_id: task.workerId,
    error: task.problem === null ? null : { code: task.problem.code, message: task.problem.message },
    created_at: task.createdAt,
    started_at: task.startedAt,
    updated_at: task.updatedAt,
    finished_at: task.finishedAt,
  };
}

/** @param tasks by deployment */
export function payloadsDocument(
  { items, nextCursor }: Page<Deployment>,
  tasks: ReadonlyMap<string, readonly Task[]>,
): InferOutput<typeof payloadsAnswer> {
  return {
    payloads: items.map((deployment) => payloadDocument(deployment, tasks.get(deployment.id) ?? [])),
    next_cursor: nextCursor,
  };
}

export function tasksDocument({ items, nextCursor }: Page<Task>): InferOutput<typeof tasksAnswer> {
  return { tasks: items.map(taskDocument), next_cursor: nextCursor };
}

export function instancesDocument({ items, nextCursor }: Page<Instance>): InferOutput<typeof instancesAnswer> {
  return { instances: items.map(instanceDocument), next_cursor: nextCursor };
}
