import type { Plan, Target } from '../model/plan.ts';
import type { DeltaJob, Job } from '../remote/job.ts';
import type { Secret } from '../util/secret.ts';
import { EC2_SOURCE } from '../model/instance.ts';
import { remotePathOf } from './plan.ts';

/**
 * What the runner is to do for one target of a plan.
 * @param password for sudo, where it may ask for one
 */
export function jobOf(
  plan: Plan,
  target: Target,
  environment: ReadonlyMap<string, Secret>,
  delta: DeltaJob | null,
  password: Secret | null = null,
): Job {
  const { manifest, digest, sizeBytes } = plan.payload;
  return {
    runId: plan.runId,
    instanceId: target.instance.instanceId,
    stamp: target.stamp,
    payloadName: manifest.metadata.name,
    digest,
    sizeBytes,
    entrypoint: manifest.entrypoint,
    interpreter: manifest.interpreter,
    args: plan.args,
    environment,
    mode: plan.mode,
    remotePath: remotePathOf(plan, target),
    cleanup: plan.cleanup,
    executionTimeoutMs: plan.limits.executionTimeoutMs,
    killGraceMs: plan.limits.killGraceMs,
    leaseMs: plan.limits.leaseMs,
    holder: plan.holder,
    delta,
    metadataEndpoint: isWatched(plan, target) ? plan.interruption.metadataEndpoint : null,
    interruptionSignal: plan.interruption.signal,
    ...(plan.sudo === undefined ? {} : { sudo: { user: plan.sudo, password } }),
  };
}

/** Elsewhere nobody answers, and asking for a notice costs time. */
function isWatched({ mode, interruption: { watch } }: Plan, { instance }: Target): boolean {
  if (mode === 'copy') return false;
  return watch === 'auto' ? instance.source === EC2_SOURCE : watch === 'always';
}
