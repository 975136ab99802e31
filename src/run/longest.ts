import type { Limits, Plan } from '../model/plan.ts';

/** How long the instance may take beyond its own deadline and grace until it counts as lost, ms. */
export const EXECUTION_SLACK_MS = 30_000;

/** The instance ends a script by itself, with or without a client: no later than this after its start, ms. */
export function longestExecutionMs({ executionTimeoutMs, killGraceMs }: Limits): number {
  return executionTimeoutMs + killGraceMs + EXECUTION_SLACK_MS;
}

/** From the begin of an attempt to the start of its script, however often that is tried, ms. */
export function longestBeforeStartMs({
  retries,
  limits,
  readyTimeoutMs,
}: Pick<Plan, 'retries' | 'limits' | 'readyTimeoutMs'>): number {
  return (readyTimeoutMs ?? 0) + (retries + 1) * (limits.connectTimeoutMs + limits.uploadTimeoutMs);
}
