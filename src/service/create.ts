import { checkInstanceName, checkInstanceType, checkRegion, MOST_CREATED } from '../fleet/creation-rules.ts';
import type { CreationOrder, DeploymentOrder } from '../model/deployment.ts';
import { SpotError, usageError } from '../model/errors.ts';
import { quoteWord } from '../util/format.ts';
import type { Caller, CreateRequest, Deployed } from './api.ts';
import { checkPayloadWish } from './check-request.ts';
import { requireValues } from './deploy.ts';
import { deployed, type NewDeployment, type OrderDeps, ordersOf, writeDown } from './write-down.ts';

type InstanceRequest = CreateRequest['instances'][number];

/**
 * New instances, each with a payload or without. One that cannot be ordered as it is asked for is in `errors`, by its name or
 * its place (`instances[2]`); nothing is written before all of them were looked at.
 * @throws SpotError `no-instances`, `too-many-instances` (exit 64)
 */
export async function create({ instances }: CreateRequest, caller: Caller, deps: OrderDeps): Promise<Deployed> {
  if (instances.length === 0) throw usageError('no-instances', 'instances is empty; ask for at least one instance');
  if (instances.length > MOST_CREATED) {
    const message = `${instances.length} instances are asked for, and ${MOST_CREATED} is the most at once`;
    throw usageError('too-many-instances', message);
  }
  const asked: NewDeployment[] = [];
  const errors: Deployed['errors'][number][] = [];
  for (const [index, request] of instances.entries()) {
    const place = `instances[${index}]`;
    const order = await orderOrProblem(request, place, deps);
    if (order instanceof SpotError) {
      errors.push({ code: order.code, message: order.message, instance: request.name ?? place });
    } else asked.push({ order, instanceId: null, runId: null });
  }
  const orders = ordersOf(asked, caller, deps);
  deps.state.atomically(() => writeDown(orders, deps));
  return deployed(orders, errors);
}

async function orderOrProblem(
  request: InstanceRequest,
  place: string,
  deps: OrderDeps,
): Promise<DeploymentOrder | SpotError> {
  try {
    return await orderOf(request, place, deps);
  } catch (error) {
    if (error instanceof SpotError) return error;
    throw error;
  }
}

/** @throws SpotError (exit 64, 66) */
async function orderOf(request: InstanceRequest, place: string, { payloads }: OrderDeps): Promise<DeploymentOrder> {
  const { payload, execute, remotePath, timeoutMs } = request;
  const wanted = creationOf(request, place);
  checkPayloadWish(request);
  const resolved = payload === null ? null : await payloads.resolve(payload);
  if (resolved !== null && execute) requireValues(resolved);
  return {
    create: wanted,
    payload: resolved?.reference ?? null,
    args: [],
    execute: execute && resolved !== null,
    remotePath,
    timeoutMs,
    cleanup: false,
    exclusive: false,
  };
}

/** @throws SpotError (exit 64) `provider-unknown`, `bad-region`, `bad-size`, `bad-name` */
function creationOf({ provider, region, size, name }: InstanceRequest, place: string): CreationOrder {
  requireAws(provider, place);
  checkRegion(region, `${place}.region`);
  checkInstanceType(size, `${place}.size`);
  if (name !== null) checkInstanceName(name, `${place}.name`);
  return { provider, region, size, name };
}

/** Whoever asks may have written anything. */
function requireAws(provider: string, place: string): void {
  if (provider === 'aws') return;
  const message = `${place}.provider: ${quoteWord(provider)} is none that instances are created at; write aws`;
  throw usageError('provider-unknown', message);
}
