import type { Step } from '../../model/outcome.ts';
import { Detached } from '../../run/detached.ts';
import type { Ledger } from '../../run/ledger.ts';
import type { State } from '../../state/state.ts';

/** What the ledger is told of an attempt, for those who look at its deployment. */
export interface Moments {
  /** all of the payload is about to be on the instance */
  readonly onSent: () => void;
  /** the script was seen to start */
  readonly onStarted: () => void;
}

/**
 * The ledger for one attempt in the hands of one worker. Whoever begins a task takes it from the worker that had it before:
 * that one may be alive, and cut off. It learns here that it is not its any more, before each step and before the last byte
 * of the payload goes, and leaves the attempt with `Detached`. The next worker begins the task first and looks at the
 * instance then; so either it finds what the one before has begun, or that one does not begin it any more.
 */
export function fencedLedger(ledger: Ledger, isOurs: () => boolean, { onSent, onStarted }: Moments): Ledger {
  const requireOurs = (): void => {
    if (!isOurs()) throw new Detached();
  };
  return {
    ...ledger,
    stepStarted: (runId: string, instanceId: string, step: Step) => {
      requireOurs();
      const isOpen = ledger.stepStarted(runId, instanceId, step);
      // it may have been taken in this very moment
      requireOurs();
      if (isOpen && step === 'execute') onStarted();
      return isOpen;
    },
    payloadSent: (runId, instanceId) => {
      requireOurs();
      ledger.payloadSent(runId, instanceId);
      onSent();
    },
    attemptRenewed: (runId, instanceId, stamp) => {
      requireOurs();
      return ledger.attemptRenewed(runId, instanceId, stamp);
    },
    attemptFinished: (runId, result) => {
      requireOurs();
      return ledger.attemptFinished(runId, result);
    },
  };
}

/** Whether no other worker has begun what is left to do of a deployment. */
export function isInHandsOf(workerId: string, deploymentId: string, { tasks }: Pick<State, 'tasks'>): boolean {
  const open = tasks.ofDeployment(deploymentId).filter(({ finishedAt }) => finishedAt === null);
  return open.every((task) => task.workerId === null || task.workerId === workerId);
}
