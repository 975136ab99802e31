import type { DeploymentOrder } from '../model/deployment.ts';
import { noInstanceError, SpotError, usageError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Instance } from '../model/instance.ts';
import type { Plan } from '../model/plan.ts';
import type { Caller, Deployed, DeployRequest, RunRequest, StartedRun } from './api.ts';
import { checkRunRequest } from './check-request.ts';
import { findInstances, type FoundInstances, isUp } from './find-instances.ts';
import type { ResolvedPayload } from './payloads/resolver.ts';
import { planRun } from './plan.ts';
import { deployed, type OrderDeps, type Orders, ordersOf, writeDown } from './write-down.ts';

/** A payload for several instances: those that are up share a run, those that come up get one each later. */
export async function deploy(request: DeployRequest, caller: Caller, deps: OrderDeps): Promise<Deployed> {
  const wish: RunRequest = { ...request, ...NOTHING_SPECIAL };
  const resolved = await resolveFor(wish, deps);
  const found = findInstances(request.instanceIds, deps.state, deps.settings);
  return takeOn(wish, resolved, found, caller, deps).result;
}

/**
 * A payload for instances that are up, in one run. Values of its environment are kept by the run, so that instances that
 * come up, which have none yet, are not taken.
 * @throws SpotError with the problem of the instance, or `no-instance-taken`, where there is none to run it on
 */
export async function startRun(request: RunRequest, caller: Caller, deps: OrderDeps): Promise<StartedRun> {
  const resolved = await resolveFor(request, deps);
  const found = withoutComing(findInstances(request.instanceIds, deps.state, deps.settings));
  const { plan, result } = takeOn(request, resolved, found, caller, deps);
  if (plan === null) throw noneTaken(result.errors);
  return { ...result, runId: plan.runId, payload: resolved.reference };
}

const NOTHING_SPECIAL = {
  args: [],
  environment: new Map<string, string>(),
  cleanup: false,
  exclusive: false,
  retries: null,
  readyTimeoutMs: null,
} as const satisfies Partial<RunRequest>;

/** @throws SpotError before anything is written */
async function resolveFor(request: RunRequest, { payloads }: OrderDeps): Promise<ResolvedPayload> {
  checkRunRequest(request);
  const resolved = await payloads.resolve(request.payload);
  if (request.execute) requireValues(resolved, request.environment);
  return resolved;
}

/** @throws SpotError `env-needed` (exit 64) */
export function requireValues(
  { needed, reference }: ResolvedPayload,
  given: ReadonlyMap<string, string> = new Map(),
): void {
  const missing = needed.filter((name) => !given.has(name));
  if (missing.length === 0) return;
  const message = `${reference.name}@${reference.version} is run with ${missing.join(', ')}; give the values with spot upload-script --via, or register it with values`;
  throw usageError('env-needed', message);
}

interface Taken {
  /** null where no instance is up */
  readonly plan: Plan | null;
  readonly result: Deployed;
}

/** From here on nothing waits, so that what was looked at is what is written. */
function takeOn(
  request: RunRequest,
  resolved: ResolvedPayload,
  found: FoundInstances,
  caller: Caller,
  deps: OrderDeps,
): Taken {
  if (found.taken.length === 0) return { plan: null, result: deployed({ deployments: [], tasks: [] }, found.errors) };
  const order = orderOf(request, resolved);
  const up = found.taken.filter(isUp);
  const { state, events, clock } = deps;
  const { plan, orders } = state.atomically(() => {
    const planned = up.length === 0 ? null : startedRun(request, order, resolved, up, caller, deps);
    const written = ordersFor(order, found.taken, planned, caller, deps);
    writeDown(written, deps);
    return { plan: planned, orders: written };
  });
  if (plan !== null) events.append(plan.runId, { type: 'run-started', at: clock.now(), plan, takenUp: false });
  return { plan, result: deployed(orders, found.errors) };
}

function orderOf(request: RunRequest, { reference }: ResolvedPayload): DeploymentOrder {
  const { args, execute, remotePath, timeoutMs, cleanup, exclusive } = request;
  return { create: null, payload: reference, args, execute, remotePath, timeoutMs, cleanup, exclusive };
}

/** The run, written down. */
function startedRun(
  request: RunRequest,
  order: DeploymentOrder,
  resolved: ResolvedPayload,
  instances: readonly Instance[],
  caller: Caller,
  deps: OrderDeps,
): Plan {
  const { environment, readyTimeoutMs, skipped } = request;
  const retries = request.retries ?? deps.settings.retries;
  const given = environment.keys();
  const wish = { order, resolved, instances, skipped, given, requestedBy: caller.name, retries, readyTimeoutMs };
  const plan = planRun(wish, deps);
  deps.state.ledger.runStarted(plan);
  if (environment.size > 0) deps.state.environments.set(plan.runId, environment);
  return plan;
}

function ordersFor(
  order: DeploymentOrder,
  instances: readonly Instance[],
  plan: Plan | null,
  caller: Caller,
  deps: OrderDeps,
): Orders {
  const asked = instances.map((instance) => {
    return { order, instanceId: instance.instanceId, runId: isUp(instance) && plan !== null ? plan.runId : null };
  });
  return ordersOf(asked, caller, deps);
}

function withoutComing({ taken, errors }: FoundInstances): FoundInstances {
  const coming = taken.filter((instance) => !isUp(instance));
  const refused = coming.map(({ instanceId, state }) => {
    const message = `${instanceId} is ${state}; start the run when it is up`;
    return { code: 'instance-not-running', message, instance: instanceId };
  });
  return { taken: taken.filter(isUp), errors: [...errors, ...refused] };
}

function noneTaken(errors: Deployed['errors']): SpotError {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return noInstanceError(first.code, first.message);
  const message = `none of the ${errors.length} instances can be reached: ${first?.message ?? ''}, and others`;
  return new SpotError('no-instance-taken', message, { exitCode: ExitCode.noInstance, details: { errors } });
}
