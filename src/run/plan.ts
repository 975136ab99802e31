import { addressOf, type Instance, type Selection } from '../model/instance.ts';
import type { Payload } from '../model/payload.ts';
import type { Interruption, Limits, Plan, StragglerRule, Target, TransferMode } from '../model/plan.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import { rolloutOf, type RolloutRequest } from './rollout.ts';
import { createStamps, makeRunId } from './stamps.ts';

export interface PlanRequest {
  readonly payload: Payload;
  readonly selection: Selection;
  readonly args: readonly string[];
  readonly environment: readonly string[];
  readonly mode: 'run' | 'copy';
  readonly remotePath: string | null;
  readonly cleanup: boolean;
  readonly transfer: TransferMode;
  readonly limits: Limits;
  readonly rollout: RolloutRequest;
  readonly interruption: Interruption;
  readonly retries: number;
  /** as in `Plan`, ms */
  readonly readyTimeoutMs: number | null;
  readonly tracksPayload: boolean;
  /** takes the lock of each instance in this name, e.g. `ann@laptop`; null takes none */
  readonly exclusiveFor: string | null;
  readonly useCache: boolean;
  readonly detached: boolean;
  readonly stragglers?: StragglerRule;
  /** as in `Plan` */
  readonly sudo?: string | undefined;
  /** used where an instance names no user of its own; null leaves it to ssh_config */
  readonly username: string | null;
}

export interface PlanSurroundings {
  readonly clock: Clock;
  readonly pid: number;
  /** in [0, 1) */
  readonly random: () => number;
  /** of a process that makes many plans: one for all of them, so that no two name the same */
  readonly names?: PlanNames;
}

/** Where a plan gets the names from that have to be its own. */
export interface PlanNames {
  readonly runId: () => string;
  /** the tail of the folders of one target */
  readonly stamp: () => string;
}

/** Decides all that will happen; nothing happens here. */
export function makePlan(request: PlanRequest, { clock, pid, random, names }: PlanSurroundings): Plan {
  const stamp = names?.stamp ?? createStamps(clock, pid);
  const runId = names?.runId() ?? makeRunId(clock, random);
  return {
    runId,
    createdAt: isoTime(clock.now()),
    payload: request.payload,
    targets: request.selection.chosen.map((instance) => targetOf(instance, request.username, stamp())),
    skipped: request.selection.skipped,
    args: request.args,
    environment: request.environment,
    mode: request.mode,
    remotePath: request.remotePath ?? (request.mode === 'copy' ? COPY_PATH : null),
    cleanup: request.cleanup,
    transfer: request.transfer,
    limits: request.limits,
    rollout: rolloutOf(request.rollout, request.selection.chosen.length),
    interruption: request.interruption,
    retries: request.retries,
    readyTimeoutMs: request.readyTimeoutMs,
    tracksPayload: request.tracksPayload,
    holder: request.exclusiveFor === null ? null : `run ${runId} of ${request.exclusiveFor}`,
    useCache: request.useCache,
    detached: request.detached,
    ...(request.stragglers && { stragglers: request.stragglers }),
    ...(request.sudo === undefined ? {} : { sudo: request.sudo }),
  };
}

/** Where `--copy-only` keeps the script when nobody says where; `{stamp}` is the target's. */
export const COPY_PATH = '/tmp/deploy_script_{stamp}';

/** Where the script of a target is kept, or null for the control directory. */
export function remotePathOf(plan: Plan, target: Target): string | null {
  return plan.remotePath?.replace('{stamp}', target.stamp) ?? null;
}

function targetOf(instance: Instance, username: string | null, stamp: string): Target {
  const address = addressOf(instance);
  if (address === null) throw new Error(`${instance.instanceId} has no address and must not be selected`);
  return { instance, host: { user: instance.sshUser ?? username, address, port: instance.sshPort }, stamp };
}
