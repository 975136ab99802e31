import { mkdir } from 'node:fs/promises';
import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Plan, Target } from '../model/plan.ts';
import { mapBounded } from '../util/bounded.ts';
import { summarise } from './summarise.ts';
import { Attempt } from './attempt.ts';
import { Cargo } from './cargo.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError, explain } from './explain.ts';
import { NO_OUTPUTS } from './outputs.ts';

/** Executes a plan: one outcome for every target, in plan order. Does not throw for what a remote host did. */
export async function executePlan(plan: Plan, deps: RunDeps): Promise<RunResult> {
  const { clock, emit, ledger } = deps;
  await mkdir(deps.logsDir, { recursive: true, mode: 0o700 });
  const cargo = await Cargo.open(plan, ledger);
  const startedAt = clock.now();
  ledger.runStarted(plan);
  emit({ type: 'run-started', at: startedAt, plan, takenUp: false });
  const results = await mapBounded(plan.targets, plan.limits.concurrency, async (target) => {
    const own = await attempt(target, plan, cargo, deps);
    if (own === null) return null;
    const result = ledger.attemptFinished(plan.runId, own);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  });
  await cargo.close();
  const result = summarise(plan, results, startedAt, clock.now());
  ledger.runEnded(plan.runId, result.finishedAt);
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}

/** One that is not begun before the run is cancelled or left is not begun any more. */
async function attempt(target: Target, plan: Plan, cargo: Cargo, deps: RunDeps): Promise<AttemptResult | null> {
  if (deps.signal.aborted) return neverStarted(target, deps.signal.reason);
  if (deps.detach.aborted && !plan.detached) return neverStarted(target, new CancelledError('detach'));
  return new Attempt(target, plan, cargo, deps).run();
}

function neverStarted({ instance, host }: Target, reason: unknown): AttemptResult {
  const { outcome, evidence } = explain(reason, { step: 'connect', sent: false });
  return {
    instanceId: instance.instanceId,
    name: instance.name,
    address: host.address,
    outcome,
    evidence,
    steps: [],
    remoteDir: null,
    ...NO_OUTPUTS,
  };
}
