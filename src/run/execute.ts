import { mkdir, rmdir } from 'node:fs/promises';
import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Plan, Target } from '../model/plan.ts';
import { summarise } from './summarise.ts';
import { Attempt } from './attempt.ts';
import { Cargo } from './cargo.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError } from './explain.ts';
import type { Judgement } from './judge.ts';
import { neverStarted, notBegun } from './never-started.ts';
import { type StragglerWatch, watchStragglers } from './straggler-watch.ts';
import { FailureLimit, inWaves } from './waves.ts';

/** Executes a plan: one outcome for every target, in plan order. Does not throw for what a remote host did. */
export async function executePlan(plan: Plan, deps: RunDeps): Promise<RunResult> {
  const cargo = await prepare(plan, deps);
  const startedAt = deps.clock.now();
  deps.ledger.runStarted(plan);
  return carryOut(plan, cargo, startedAt, deps);
}

/**
 * The same for a plan on instances that lack its payload.
 * @returns null where another client was faster on one of them: then nothing was done
 */
export async function executeUnlessTaken(plan: Plan, deps: RunDeps): Promise<RunResult | null> {
  const cargo = await prepare(plan, deps);
  const startedAt = deps.clock.now();
  if (deps.ledger.runClaimed(plan)) return carryOut(plan, cargo, startedAt, deps);
  await rmdir(deps.logsDir);
  return null;
}

/** What may fail before anything is written down. */
async function prepare(plan: Plan, { logsDir, ledger }: RunDeps): Promise<Cargo> {
  await mkdir(logsDir, { recursive: true, mode: 0o700 });
  return Cargo.open(plan, ledger);
}

async function carryOut(plan: Plan, cargo: Cargo, startedAt: number, deps: RunDeps): Promise<RunResult> {
  const { clock, emit, ledger } = deps;
  emit({ type: 'run-started', at: startedAt, plan, takenUp: false });
  const stragglers = watchStragglers(plan, deps);
  const results = await workOn(plan, cargo, stragglers).finally(() => {
    stragglers.close();
    return cargo.close();
  });
  const result = summarise(plan, results, startedAt, clock.now());
  ledger.runEnded(plan.runId, result.finishedAt);
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}

/** What is not begun before the run is cancelled or left, or too many have failed, is not begun any more. */
async function workOn(plan: Plan, cargo: Cargo, stragglers: StragglerWatch): Promise<(AttemptResult | null)[]> {
  const { deps } = stragglers;
  const { clock, emit, ledger } = deps;
  const attempt = (target: Target): Promise<AttemptResult | null> =>
    stragglers.attend(target.instance.instanceId, (own) => new Attempt(target, plan, cargo, own).run());
  const limit = new FailureLimit(plan.rollout.maxFailures);
  const work = async (target: Target): Promise<AttemptResult | null> => {
    const reason = reasonNotToStart(plan, limit, deps);
    const own = reason === null ? await attempt(target) : neverStarted(target, reason);
    if (own === null) return null;
    const result = ledger.attemptFinished(plan.runId, own);
    if (reason === null) limit.count(result.outcome.kind);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  };
  return inWaves(plan, { work, mayStart: () => reasonNotToStart(plan, limit, deps) === null }, deps);
}

function reasonNotToStart(
  plan: Plan,
  limit: FailureLimit,
  { signal, detach, sudoPassword }: RunDeps,
): Judgement | null {
  if (signal.aborted) return notBegun(signal.reason);
  if (sudoPassword?.refusal) return notBegun(sudoPassword.refusal);
  if (detach.aborted && !plan.detached) return notBegun(new CancelledError('detach'));
  return limit.isPassed ? limit.judgement : null;
}
