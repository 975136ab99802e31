import type { Deployment, DeploymentOrder } from '../model/deployment.ts';
import type { Instance, Skip } from '../model/instance.ts';
import type { Plan } from '../model/plan.ts';
import { makePlan } from '../run/plan.ts';
import { ALL_AT_ONCE } from '../run/rollout.ts';
import type { ServiceDeps } from './deps.ts';
import type { ResolvedPayload } from './payloads/resolver.ts';

export type PlanningDeps = Pick<ServiceDeps, 'state' | 'settings' | 'clock' | 'random' | 'pid' | 'names'>;

/** What a run is planned from. */
export interface RunWish {
  readonly order: Pick<DeploymentOrder, 'args' | 'execute' | 'remotePath' | 'timeoutMs' | 'cleanup' | 'exclusive'>;
  readonly resolved: ResolvedPayload;
  /** running, each with an address */
  readonly instances: readonly Instance[];
  /** who was left out, and why */
  readonly skipped?: readonly Skip[] | undefined;
  /** names of the variables that were given, besides those of the payload */
  readonly given: Iterable<string>;
  readonly requestedBy: string;
  readonly retries: number;
  /** ms; null: nobody asks whether they are ready */
  readonly readyTimeoutMs: number | null;
}

/**
 * One run for all of these instances; nothing happens here. In the transaction that writes it down its id is nobody
 * else's.
 */
export function planRun(wish: RunWish, deps: PlanningDeps): Plan {
  const { order, resolved, instances, skipped = [], given, requestedBy, retries, readyTimeoutMs } = wish;
  const { limits, transfer, interruption, username, hostName } = deps.settings;
  const { args, remotePath, cleanup, execute, exclusive } = order;
  const request = {
    payload: resolved.payload,
    selection: { chosen: instances, skipped },
    args,
    environment: execute ? [...new Set([...resolved.environment.keys(), ...given])] : [],
    mode: execute ? ('run' as const) : ('copy' as const),
    remotePath,
    cleanup,
    transfer,
    limits: { ...limits, executionTimeoutMs: order.timeoutMs ?? limits.executionTimeoutMs },
    rollout: ALL_AT_ONCE,
    interruption,
    retries,
    readyTimeoutMs,
    tracksPayload: true,
    exclusiveFor: exclusive ? `${requestedBy}@${hostName}` : null,
    useCache: true,
    detached: false,
    username,
  };
  for (;;) {
    const plan = makePlan(request, deps);
    if (!deps.state.forgetting.knows(plan.runId)) return plan;
  }
}

/**
 * The run of one deployment whose instance was not up when it was asked for, and now is.
 * @param instance running, with an address
 */
export function planDeployment(
  { order, requestedBy }: Pick<Deployment, 'order' | 'requestedBy'>,
  instance: Instance,
  resolved: ResolvedPayload,
  deps: PlanningDeps,
): Plan {
  const { retries, readyTimeoutMs } = deps.settings;
  return planRun({ order, resolved, instances: [instance], given: [], requestedBy, retries, readyTimeoutMs }, deps);
}
