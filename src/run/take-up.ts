import { mkdir } from 'node:fs/promises';
import type { AttemptResult, RunResult } from '../model/attempt.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Step } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import { mapBounded } from '../util/bounded.ts';
import { Attempt } from './attempt.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError, explain } from './explain.ts';
import { NO_OUTPUTS } from './outputs.ts';
import { summarise } from './summarise.ts';

/** An attempt that has no outcome yet, as the ledger knows it. */
export interface OpenAttempt {
  readonly instanceId: string;
  /** the step last begun, or null before the first */
  readonly step: Step | null;
  /** when it began, ISO 8601, or null before the first step */
  readonly startedAt: string | null;
}

/**
 * Goes on with the open attempts of a run that was left: follows what runs, collects what has ended, and makes sure
 * that what had not been started never is.
 * @param stoppedBy one word: ends the scripts in its name; null only follows them
 */
export async function takeUpRun(
  plan: Plan,
  open: readonly OpenAttempt[],
  deps: RunDeps,
  stoppedBy: string | null,
): Promise<RunResult> {
  const { clock, emit, ledger } = deps;
  await mkdir(deps.logsDir, { recursive: true, mode: 0o700 });
  const startedAt = clock.now();
  const left = new Map(open.map((attempt) => [attempt.instanceId, attempt]));
  const targets = plan.targets.filter(({ instance }) => left.has(instance.instanceId));
  const part: Plan = { ...plan, targets };
  emit({ type: 'run-started', at: startedAt, plan: part, takenUp: true });
  let exitBit: number = ExitCode.ok;
  const results = await mapBounded(targets, plan.limits.concurrency, async (target) => {
    const { step = null, startedAt: begunAt = null } = left.get(target.instance.instanceId) ?? {};
    const attempt = new Attempt(target, plan, null, deps);
    const begun = begunAt === null ? startedAt : Date.parse(begunAt);
    const result = hasBegun(step) ? await attempt.takeUp(begun, stoppedBy) : neverBegun(target);
    if (attempt.staysOpen) exitBit = ExitCode.unreachable;
    if (result === null) return null;
    ledger.attemptFinished(plan.runId, result);
    emit({ type: 'attempt-finished', at: clock.now(), result });
    return result;
  });
  const summary = summarise(part, results, startedAt, clock.now());
  const result = { ...summary, exitCode: summary.exitCode | exitBit };
  ledger.runEnded(plan.runId, result.finishedAt);
  emit({ type: 'run-finished', at: clock.now(), result });
  return result;
}

/** Before the upload began there is nothing on the instance. */
function hasBegun(step: Step | null): boolean {
  return step !== null && step !== 'connect';
}

function neverBegun({ instance, host }: Target): AttemptResult {
  const left = new CancelledError('the end of the client that began the run');
  return {
    instanceId: instance.instanceId,
    name: instance.name,
    address: host.address,
    ...explain(left, { step: 'connect', sent: false }),
    steps: [],
    remoteDir: null,
    ...NO_OUTPUTS,
  };
}
