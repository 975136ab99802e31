import type { Plan } from '../model/plan.ts';
import { neverAborted, withDeadline } from '../util/deadline.ts';
import { HANG_UP, type RunDeps } from './deps.ts';
import { Detached } from './detached.ts';
import { CancelledError } from './explain.ts';
import { EXECUTION_SLACK_MS, longestExecutionMs } from './longest.ts';
import type { RunnerSession } from './runner-session.ts';

/**
 * Waits until the script has ended; what is cancelled ends it over there, and waits for the proof.
 * @returns why it was ended, where there is more to say than who did it
 * @throws Detached where it was left running, and what breaks the session
 */
export async function untilScriptEnds(
  session: RunnerSession,
  { limits }: Pick<Plan, 'limits'>,
  { signal, detach }: Pick<RunDeps, 'signal' | 'detach'>,
): Promise<string | null> {
  try {
    await withDeadline(signal, longestExecutionMs(limits), (deadline) =>
      deadline.race(orDetached(session.until('end'), detach)),
    );
    return null;
  } catch (error) {
    if (error instanceof Detached && limits.leaseMs !== null && detach.reason !== HANG_UP) session.release();
    if (!(error instanceof CancelledError)) throw error;
    session.cancel(error.by);
    const graceMs = limits.killGraceMs + EXECUTION_SLACK_MS;
    await withDeadline(neverAborted(), graceMs, (deadline) => deadline.race(session.until('end')));
    return error.why;
  }
}

async function orDetached(end: Promise<void>, detach: AbortSignal): Promise<void> {
  let onDetach = (): void => undefined;
  const detached = new Promise<never>((_, reject) => {
    onDetach = () => reject(new Detached());
    if (detach.aborted) onDetach();
    else detach.addEventListener('abort', onDetach, { once: true });
  });
  try {
    await Promise.race([end, detached]);
  } finally {
    detach.removeEventListener('abort', onDetach);
  }
}
