import { type Instance, newInstance } from '../model/instance.ts';
import type { Payload } from '../model/payload.ts';
import { NOT_WATCHED, type Plan, type Target } from '../model/plan.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { RunRecord } from '../state/runs.ts';
import type { State } from '../state/state.ts';
import { ALL_AT_ONCE, rolloutOf } from './rollout.ts';

/** The plan of a run as the state remembers it: enough to take its attempts up, not to begin one. */
export function planOfRun(run: RunRecord, state: Pick<State, 'instances' | 'runs'>): Plan {
  const known = new Map(state.instances.list().map((instance) => [instance.instanceId, instance]));
  const attempts = state.runs.attempts(run.id);
  const targets = attempts.map((attempt) => targetOf(attempt, known.get(attempt.instanceId) ?? null));
  return { ...planFor(run, targets, payloadOf(run)), holder: null, useCache: false };
}

/** The part of such a plan that is about one instance: with the whole payload in it, its attempt can be begun. */
export function planOfAttempt(run: RunRecord, instanceId: string, state: Pick<State, 'instances' | 'runs'>): Plan {
  const target = targetOf(state.runs.attempt(run.id, instanceId), state.instances.find(instanceId));
  return planFor(run, [target], payloadOf(run));
}

function planFor(run: RunRecord, targets: readonly Target[], payload: Payload): Plan {
  const { args, environment, remotePath, cleanup, transfer, retries, limits } = run.plan;
  return {
    runId: run.id,
    createdAt: run.createdAt,
    payload,
    targets,
    skipped: [],
    args,
    environment,
    mode: run.mode,
    remotePath,
    cleanup,
    transfer,
    limits,
    // whoever goes on with a run begins no other wave
    rollout: rolloutOf(ALL_AT_ONCE, targets.length),
    interruption: run.plan.interruption ?? NOT_WATCHED,
    retries,
    readyTimeoutMs: run.plan.readyTimeoutMs ?? null,
    tracksPayload: run.plan.tracksPayload ?? false,
    holder: run.plan.holder ?? null,
    useCache: run.plan.useCache ?? false,
    detached: false,
    ...(run.plan.sudo === undefined ? {} : { sudo: run.plan.sudo }),
  };
}

function payloadOf(run: RunRecord): Payload {
  const { fileCount, payloadPath } = run.plan;
  return {
    digest: run.payloadDigest,
    path: payloadPath,
    sizeBytes: run.payloadBytes,
    contentBytes: run.payloadBytes,
    fileCount,
    manifest: {
      version: 'v1',
      interpreter: [],
      entrypoint: '',
      environment: run.plan.environment,
      files: [],
      metadata: { name: run.payloadName },
    },
  };
}

/** Where the attempt was made, even if the instance has another address by now: its pinned key says if it is the same. */
function targetOf(attempt: AttemptRecord, instance: Instance | null): Target {
  const { instanceId, name, host, stamp } = attempt;
  return { instance: instance ?? newInstance(instanceId, { name, publicIp: host.address }), host, stamp };
}
