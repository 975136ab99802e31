import { setImmediate } from 'node:timers/promises';
import type { AttemptResult } from '../model/attempt.ts';
import { type Deployment, NOT_EXECUTED } from '../model/deployment.ts';
import { type SpotError, usageError } from '../model/errors.ts';
import type { RunEvent } from '../model/event.ts';
import { CancelledError } from '../run/explain.ts';
import { neverStarted, notBegun } from '../run/never-started.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { quoteWord } from '../util/format.ts';
import type { Caller } from './api.ts';
import type { ServiceDeps } from './deps.ts';
import { closeRun } from './run-end.ts';

type CancelDeps = Pick<ServiceDeps, 'state' | 'queue' | 'events' | 'clock'>;

/**
 * What nobody has begun ends at once. Of the rest it is written down that somebody wants it to end; the executor does it.
 * @throws SpotError `deployment-unknown`, `deployment-finished` (exit 64)
 */
export function cancelDeployment(id: string, caller: Caller, deps: CancelDeps): Deployment {
  const { state } = deps;
  const { deployment, events } = state.atomically(() => {
    const known = state.deployments.find(id);
    if (known === null) throw deploymentUnknown(id);
    if (known.finishedAt !== null) throw deploymentFinished(known);
    const told = endAll([known], caller, deps);
    return { deployment: state.deployments.find(id) ?? known, events: told };
  });
  tell(deployment.runId, events, deps);
  return deployment;
}

/** So many at once that nobody else waits long. */
const AT_ONCE = 25;

/**
 * The same for all of a run that has not finished; nothing where all of it has.
 * @throws SpotError `run-unknown` (exit 64)
 */
export async function cancelRun(runId: string, caller: Caller, deps: CancelDeps): Promise<void> {
  const { state } = deps;
  if (!state.deployments.isRunKnown(runId)) throw runUnknown(runId);
  const ids = [...state.deployments.openOfRun(runId).values()].sort();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    if (from > 0) await setImmediate();
    const events = state.atomically(() => {
      const known = ids.slice(from, from + AT_ONCE).flatMap((id) => state.deployments.find(id) ?? []);
      return endAll(
        known.filter(({ finishedAt }) => finishedAt === null),
        caller,
        deps,
      );
    });
    tell(runId, events, deps);
  }
}

export function deploymentUnknown(id: string): SpotError {
  return usageError('deployment-unknown', `there is no deployment ${quoteWord(id)}; it may have been forgotten`);
}

export function runUnknown(runId: string): SpotError {
  return usageError('run-unknown', `the service has no run ${quoteWord(runId)}; it may have been forgotten`);
}

function deploymentFinished({ id, status, finishedAt }: Deployment): SpotError {
  return usageError('deployment-finished', `${id} is ${status} since ${finishedAt}; there is nothing to cancel`);
}

/**
 * @param deployments of one run
 * @returns what is to be told of it
 */
function endAll(deployments: readonly Deployment[], { name }: Caller, deps: CancelDeps): RunEvent[] {
  const { state, queue } = deps;
  const events: RunEvent[] = [];
  for (const deployment of deployments) {
    state.deployments.wantCancelled(deployment.id, name);
    if (isUnbegun(deployment, deps)) events.push(...endUnbegun(deployment, name, deps));
    queue.wake(deployment.id);
  }
  const runId = deployments[0]?.runId ?? null;
  const end = runId === null || events.length === 0 ? null : closeRun(runId, deps);
  return end === null ? events : [...events, end];
}

function isUnbegun({ id }: Deployment, { state }: CancelDeps): boolean {
  return state.tasks.ofDeployment(id).every(({ tries }) => tries === 0);
}

/** Where the attempt has begun meanwhile nothing is written, and the executor hears of the wish. */
function endUnbegun(deployment: Deployment, by: string, deps: CancelDeps): RunEvent[] {
  const { id, runId, instanceId } = deployment;
  const { state } = deps;
  const problem = { code: 'cancelled', message: `cancelled by ${by} before it was begun` };
  let events: RunEvent[] = [];
  if (runId !== null && instanceId !== null) {
    const result = closeAttempt(state.runs.attempt(runId, instanceId), by, deps);
    if (result === null) return [];
    events = [{ type: 'attempt-finished', at: deps.clock.now(), result }];
  }
  state.deployments.finish(id, { status: 'failed', ...NOT_EXECUTED, problem });
  const [first] = state.tasks.ofDeployment(id);
  if (first !== undefined) state.tasks.end(first.id, 'cancelled', problem);
  return events;
}

/** @returns null where it has begun, or has ended */
function closeAttempt(attempt: AttemptRecord, by: string, { state }: CancelDeps): AttemptResult | null {
  const { runId, instanceId, name, host, stamp, step, outcome } = attempt;
  if (outcome !== null || step !== null) return null;
  const result = neverStarted({ instance: { instanceId, name }, host }, notBegun(new CancelledError(by)));
  return state.ledger.attemptClosed(runId, result, { stamp, step });
}

function tell(runId: string | null, told: readonly RunEvent[], { events }: CancelDeps): void {
  if (runId !== null) for (const event of told) events.append(runId, event);
}
