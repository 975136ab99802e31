import { mkdir } from 'node:fs/promises';
import type { RunResult } from '../model/attempt.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Plan } from '../model/plan.ts';
import { mapBounded } from '../util/bounded.ts';
import type { RunDeps } from './deps.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { watchTakenUp } from './straggler-watch.ts';
import { summarise } from './summarise.ts';
import { Takeover, type TakeoverOptions } from './takeover.ts';

export interface TakeUpRequest extends TakeoverOptions {
  /** those that were open a moment ago */
  readonly instanceIds: readonly string[];
  /** all attempts of the run, where their pace matters (`Plan.stragglers`) */
  readonly recorded?: readonly AttemptRecord[];
}

/**
 * Goes on with the open attempts of a run that was left, or that another process is at work on: follows what runs,
 * collects what has ended, and makes sure that what nobody is going to start, or is meant to, never is.
 */
export async function takeUpRun(plan: Plan, request: TakeUpRequest, deps: RunDeps): Promise<RunResult> {
  const stragglers = watchTakenUp(plan, request.recorded ?? [], deps);
  return followRun(plan, request, stragglers.deps).finally(() => stragglers.close());
}

async function followRun(plan: Plan, request: TakeUpRequest, deps: RunDeps): Promise<RunResult> {
  const { clock, emit, ledger } = deps;
  await mkdir(deps.logsDir, { recursive: true, mode: 0o700 });
  const startedAt = clock.now();
  const targets = plan.targets.filter(({ instance }) => request.instanceIds.includes(instance.instanceId));
  const part: Plan = { ...plan, targets };
  emit({ type: 'run-started', at: startedAt, plan: part, takenUp: true });
  let exitBit: number = ExitCode.ok;
  const takeovers = targets.map((target) => new Takeover(target, plan, request, deps));
  // before the end of one of them gives the client that began the run a reason to go on to the next
  if (request.stoppedBy !== null) for (const takeover of takeovers) takeover.closeUnbegun();
  const results = await mapBounded(takeovers, plan.limits.concurrency, async (takeover) => {
    const result = await takeover.toEnd();
    if (takeover.staysOpen) exitBit = ExitCode.unreachable;
    if (result !== null) emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  });
  const summary = summarise(part, results, startedAt, clock.now());
  const result = { ...summary, exitCode: summary.exitCode | exitBit };
  ledger.runEnded(plan.runId, result.finishedAt);
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}
