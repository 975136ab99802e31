import { usageError } from '../model/errors.ts';
import { quoteWord } from '../util/format.ts';
import type { State } from '../state/state.ts';
import { createTimeIds } from '../util/time-ids.ts';
import type { Health, ServiceApi } from './api.ts';
import { cancelDeployment, cancelRun, deploymentUnknown, runUnknown } from './cancel.ts';
import { create } from './create.ts';
import { deploy, startRun } from './deploy.ts';
import type { ServiceDeps } from './deps.ts';
import type { EventLog } from './events/log.ts';
import { findInstance } from './find-instances.ts';
import { deploymentsPage, instancesPage, tasksPage } from './pages.ts';
import { summaryOf } from './run-summary.ts';
import { selectFleet } from './select-fleet.ts';
import { terminate } from './terminate.ts';

/** What the service does, whoever asks: what is asked for is written down, and the executor does it. */
export function createService(deps: ServiceDeps): ServiceApi {
  const { state, events } = deps;
  const orderDeps = { ...deps, newId: createTimeIds(deps.clock, deps.random) };
  return {
    deploy: (request, caller) => deploy(request, caller, orderDeps),
    create: (request, caller) => create(request, caller, orderDeps),
    startRun: (request, caller) => startRun(request, caller, orderDeps),
    deployment: (id) => state.deployments.find(id) ?? refuse(deploymentUnknown(id)),
    deployments: (query) => deploymentsPage(query, state),
    cancel: async (id, caller) => cancelDeployment(id, caller, deps),
    cancelRun: (runId, caller) => cancelRun(runId, caller, deps),
    task: (id) => state.tasks.find(id) ?? refuse(usageError('task-unknown', `there is no task ${quoteWord(id)}`)),
    tasks: (query) => tasksPage(query, state),
    tasksOf: (deploymentId) => state.tasks.ofDeployment(deploymentId),
    tasksOfEach: (deploymentIds) => state.tasks.ofDeployments(deploymentIds),
    instances: (query) => instancesPage(query, state),
    instance: (id) => findInstance(id, state),
    terminate: (instanceId) => terminate(instanceId, deps),
    select: (words) => selectFleet(words, deps),
    run: (runId) => summaryOf(runId, state),
    events: followRun(state, events),
    health: () => healthOf(deps),
  };
}

/** Follows runs of the service; nobody keeps the events of others. */
export function followRun(
  { deployments }: Pick<State, 'deployments'>,
  events: Pick<EventLog, 'follow'>,
): ServiceApi['events'] {
  return (runId, after, signal) => {
    if (!deployments.isRunKnown(runId)) throw runUnknown(runId);
    return events.follow(runId, after, signal);
  };
}

function healthOf({ queue, state, stopping }: ServiceDeps): Health {
  return {
    status: stopping.aborted ? 'stopping' : 'ok',
    queue: queue.counts(),
    workers: state.workers.living(),
  };
}

function refuse(error: Error): never {
  throw error;
}
