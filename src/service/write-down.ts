import { type Deployment, type DeploymentOrder, NOT_EXECUTED } from '../model/deployment.ts';
import type { Task, TaskKind } from '../model/task.ts';
import { isoTime } from '../util/clock.ts';
import type { Caller, Deployed } from './api.ts';
import type { ServiceDeps } from './deps.ts';

/** `pl-…`, `tk-…`; of one service later ones sort behind earlier ones. */
export type NewId = (prefix: 'pl' | 'tk') => string;

export interface OrderDeps extends ServiceDeps {
  readonly newId: NewId;
}

/** What is asked for one instance. */
export interface NewDeployment {
  readonly order: DeploymentOrder;
  readonly instanceId: string | null;
  readonly runId: string | null;
}

/** Deployments as they begin, and what the executor does about each. */
export interface Orders {
  readonly deployments: readonly Deployment[];
  readonly tasks: readonly Task[];
}

export function ordersOf(asked: readonly NewDeployment[], caller: Caller, { newId, clock }: OrderDeps): Orders {
  const now = isoTime(clock.now());
  const deployments = asked.map((one): Deployment => {
    return {
      id: newId('pl'),
      requestId: caller.requestId,
      requestedBy: caller.name,
      ...one,
      status: 'pending',
      ...NOT_EXECUTED,
      problem: null,
      cancelledBy: null,
      createdAt: now,
      updatedAt: now,
      finishedAt: null,
    };
  });
  return { deployments, tasks: deployments.flatMap((deployment) => chainOf(deployment, newId, now)) };
}

/** Writes them into state and queue; in a transaction of the caller's, all of it or nothing. */
export function writeDown({ deployments, tasks }: Orders, { state, queue, clock }: OrderDeps): void {
  if (deployments.length === 0) return;
  state.deployments.insert(deployments, tasks);
  const dueAt = clock.now();
  queue.add(deployments.map(({ id, requestId }) => ({ key: id, requestId, dueAt })));
}

export function deployed({ deployments, tasks }: Orders, errors: Deployed['errors']): Deployed {
  return { deployments, taskIds: tasks.map(({ id }) => id), errors };
}

/** The first one is to be done at once, each of the others waits for the one before it. */
function chainOf({ id, order }: Deployment, newId: NewId, now: string): Task[] {
  const tasks: Task[] = [];
  for (const kind of kindsOf(order)) {
    const before = tasks.at(-1);
    tasks.push({
      id: newId('tk'),
      deploymentId: id,
      kind,
      status: before === undefined ? 'queued' : 'waiting',
      dependsOn: before?.id ?? null,
      tries: 0,
      dueAt: now,
      workerId: null,
      problem: null,
      createdAt: now,
      startedAt: null,
      updatedAt: now,
      finishedAt: null,
    });
  }
  return tasks;
}

function kindsOf({ create, payload, execute }: DeploymentOrder): TaskKind[] {
  return [
    ...(create === null ? [] : ['instance_create' as const]),
    ...(payload === null ? [] : ['payload_transfer' as const]),
    ...(payload === null || !execute ? [] : ['payload_execute' as const]),
  ];
}
