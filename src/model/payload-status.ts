import type { AttemptResult } from './attempt.ts';
import { isConfirmed } from './evidence.ts';
import type { PayloadStatus } from './instance.ts';
import { leavesTraces, type Outcome, type Step } from './outcome.ts';
import type { Plan } from './plan.ts';

/** What an instance has of a payload from the beginning of a step on; null: as in the step before. */
export function statusFrom(step: Step): PayloadStatus | null {
  if (step === 'connect') return 'pending_copy';
  return step === 'execute' ? 'executing' : null;
}

/**
 * What an instance has of a payload once an attempt has ended; null: as before, as nothing was begun.
 * @param step the last one that was begun, or null
 */
export function statusAfter(
  { outcome, evidence }: Pick<AttemptResult, 'outcome' | 'evidence'>,
  step: Step | null,
  mode: Plan['mode'],
): PayloadStatus | null {
  if (step === null) return null;
  switch (outcome.kind) {
    case 'succeeded':
      return mode === 'copy' ? 'copied' : 'executed';
    case 'failed':
    case 'killed':
      return 'execution_failed';
    case 'timed-out':
      return outcome.step === 'execute' ? 'timed_out' : 'copy_failed';
    case 'unreachable':
    case 'rejected':
      return 'copy_failed';
    case 'lost':
      return failedIn(mode);
    case 'reclaimed':
    case 'cancelled':
      return hasRun(step, evidence) ? failedIn(mode) : 'copy_failed';
    case 'skipped':
      return null;
  }
}

function failedIn(mode: Plan['mode']): PayloadStatus {
  return mode === 'copy' ? 'copy_failed' : 'execution_failed';
}

/** Or may have: what was sent and is not confirmed to have ended. */
function hasRun(step: Step, evidence: readonly string[]): boolean {
  return (leavesTraces(step) && step !== 'upload') || !isConfirmed(evidence);
}

/** One sentence about a payload that did not get through, or null. */
export function payloadErrorOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case 'succeeded':
    case 'skipped':
      return null;
    case 'failed':
      return `the script ended with exit code ${outcome.exitCode}`;
    case 'killed':
      return `the script was ended by ${outcome.signal}`;
    default:
      return outcome.error.message;
  }
}
