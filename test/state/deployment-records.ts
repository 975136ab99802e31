import type { Deployment } from '../../src/model/deployment.ts';
import type { Task } from '../../src/model/task.ts';
import { NOW } from './records.ts';

export function aDeployment(id: string, changes: Partial<Deployment> = {}): Deployment {
  return {
    id,
    requestId: 'rq-1',
    requestedBy: 'socket',
    instanceId: 'i-1',
    runId: null,
    order: {
      create: null,
      payload: { name: 'deploy', version: 3, digest: 'ab12' },
      args: ['a b', "c'd"],
      execute: true,
      remotePath: null,
      timeoutMs: 60_000,
      cleanup: true,
      exclusive: false,
    },
    status: 'pending',
    executed: false,
    executionMs: null,
    output: '',
    errorOutput: '',
    problem: null,
    cancelledBy: null,
    createdAt: NOW,
    updatedAt: NOW,
    finishedAt: null,
    ...changes,
  };
}

export function aTask(id: string, deploymentId: string, changes: Partial<Task> = {}): Task {
  return {
    id,
    deploymentId,
    kind: 'payload_transfer',
    status: changes.dependsOn === undefined ? 'queued' : 'waiting',
    dependsOn: null,
    tries: 0,
    dueAt: NOW,
    workerId: null,
    problem: null,
    createdAt: NOW,
    startedAt: null,
    updatedAt: NOW,
    finishedAt: null,
    ...changes,
  };
}

/** Three steps, one behind the other. */
export function aChain(deploymentId: string): Task[] {
  return [
    aTask(`${deploymentId}-1`, deploymentId, { kind: 'instance_create' }),
    aTask(`${deploymentId}-2`, deploymentId, { dependsOn: `${deploymentId}-1` }),
    aTask(`${deploymentId}-3`, deploymentId, { kind: 'payload_execute', dependsOn: `${deploymentId}-2` }),
  ];
}
