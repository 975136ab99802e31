import { mkdir } from 'node:fs/promises';
import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Subscriber } from '../model/event.ts';
import { countOutcomes, exitCodeOf } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import type { Transport } from '../transport/transport.ts';
import { mapBounded } from '../util/bounded.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import type { Secret } from '../util/secret.ts';
import { ArchiveSource } from './archive-source.ts';
import { Attempt } from './attempt.ts';
import { explain } from './explain.ts';
import type { Ledger } from './ledger.ts';
import { NO_OUTPUT } from './output-log.ts';

export interface RunDeps {
  readonly transport: Transport;
  readonly ledger: Ledger;
  readonly emit: Subscriber;
  readonly clock: Clock;
  /** outputs go to `<logsDir>/<instance>.{out,err}`; made if missing */
  readonly logsDir: string;
  /** values of `plan.environment` */
  readonly environment: ReadonlyMap<string, Secret>;
  /** aborted with a `CancelledError` it cancels the run: every attempt still ends in one outcome */
  readonly signal: AbortSignal;
}

/** Executes a plan: one outcome for every target, in plan order. Does not throw for what a remote host did. */
export async function executePlan(plan: Plan, deps: RunDeps): Promise<RunResult> {
  const { clock, emit, ledger } = deps;
  await mkdir(deps.logsDir, { recursive: true, mode: 0o700 });
  const archive = await ArchiveSource.open(plan.payload);
  const startedAt = clock.now();
  ledger.runStarted(plan);
  emit({ type: 'run-started', at: startedAt, plan });
  const attempts = await mapBounded(plan.targets, plan.limits.concurrency, async (target) => {
    const result = deps.signal.aborted ? neverStarted(target, deps.signal) : await attempt(target, plan, archive, deps);
    ledger.attemptFinished(plan.runId, result);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  });
  const result = summarise(plan, attempts, startedAt, clock.now());
  ledger.runFinished(result);
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}

function attempt(target: Target, plan: Plan, archive: ArchiveSource, deps: RunDeps): Promise<AttemptResult> {
  return new Attempt(target, plan, archive, deps).run();
}

function neverStarted({ instance, host }: Target, signal: AbortSignal): AttemptResult {
  const { outcome, evidence } = explain(signal.reason, { step: 'connect', sent: false });
  return {
    instanceId: instance.instanceId,
    name: instance.name,
    address: host.address,
    outcome,
    evidence,
    steps: [],
    remoteDir: null,
    stdout: NO_OUTPUT,
    stderr: NO_OUTPUT,
  };
}

function summarise(plan: Plan, attempts: readonly AttemptResult[], startedAt: number, finishedAt: number): RunResult {
  const kinds = attempts.map(({ outcome }) => outcome.kind);
  return {
    runId: plan.runId,
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    durationMs: Math.max(0, finishedAt - startedAt),
    attempts,
    counts: countOutcomes(kinds),
    exitCode: exitCodeOf(kinds),
  };
}
