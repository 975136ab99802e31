import type { AttemptResult, RunResult } from '../model/attempt.ts';
import { countOutcomes, exitCodeOf } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { isoTime } from '../util/clock.ts';

/**
 * What a run came to.
 * @param results one for each target, in plan order; null where the script was left running
 * @param startedAt ms since the epoch, as `finishedAt`
 */
export function summarise(
  plan: Plan,
  results: readonly (AttemptResult | null)[],
  startedAt: number,
  finishedAt: number,
): RunResult {
  const attempts = results.filter((result) => result !== null);
  const kinds = attempts.map(({ outcome }) => outcome.kind);
  return {
    runId: plan.runId,
    startedAt: isoTime(startedAt),
    finishedAt: isoTime(finishedAt),
    durationMs: Math.max(0, finishedAt - startedAt),
    attempts,
    running: plan.targets.filter((_, index) => results[index] === null).map(({ instance }) => instance.instanceId),
    counts: countOutcomes(kinds),
    exitCode: exitCodeOf(kinds),
  };
}
