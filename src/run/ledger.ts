import type { AttemptResult, RunResult } from '../model/attempt.ts';
import type { Step } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';

/**
 * Where a run writes down what it is about to do, before it does it, so that `kill -9` at any moment leaves a state
 * that explains itself. Each call is durable when it returns.
 */
export interface Ledger {
  /** the plan and one planned attempt per target */
  runStarted(plan: Plan): void;
  /** the attempt is about to take this step */
  stepStarted(runId: string, instanceId: string, step: Step): void;
  /** a further try makes folders of its own, with this tail */
  attemptRenewed(runId: string, instanceId: string, stamp: string): void;
  attemptFinished(runId: string, result: AttemptResult): void;
  runFinished(result: RunResult): void;
  /** closes a run that was taken up, if all its attempts have ended by now; its exit code follows from all of them */
  runEnded(runId: string, finishedAt: string): void;
  /** first contact: from now on the instance has this key, `<type> <base64>` */
  hostKeyPinned(instanceId: string, hostKey: string): void;
}
