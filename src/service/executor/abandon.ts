import { leavesTraces } from '../../model/outcome.ts';
import type { Outcome } from '../../model/outcome.ts';
import { neverStarted } from '../../run/never-started.ts';
import { planOfAttempt } from '../../run/recorded-plan.ts';
import { closeRun } from '../run-end.ts';
import type { ExecutorDeps } from './deps.ts';
import { giveUp } from './settle.ts';

const PROBLEM = {
  code: 'internal-error',
  message: 'the service made a mistake with this one, again and again; its log says more',
};

/** Ends a deployment that nobody gets any further, and its attempt; whoever is told learns nothing of the fault. */
export function abandon(deploymentId: string, deps: Pick<ExecutorDeps, 'state' | 'events' | 'clock'>): void {
  const { state, events, clock } = deps;
  const deployment = state.deployments.find(deploymentId);
  if (deployment === null) return;
  const { runId, instanceId } = deployment;
  if (runId !== null && instanceId !== null) {
    const { step, result } = state.ledger.attempt(runId, instanceId);
    const run = state.runs.find(runId);
    const [target] = run === null ? [] : planOfAttempt(run, instanceId, state).targets;
    if (result === null && target !== undefined) {
      const outcome: Outcome =
        step !== null && leavesTraces(step)
          ? { kind: 'lost', step, error: PROBLEM }
          : { kind: 'rejected', error: PROBLEM };
      const end = state.ledger.attemptFinished(runId, neverStarted(target, { outcome, evidence: [] }));
      events.append(runId, { type: 'attempt-finished', at: clock.now(), result: end });
    }
  }
  giveUp(deploymentId, PROBLEM, state);
  if (runId === null) return;
  const end = closeRun(runId, deps);
  if (end !== null) events.append(runId, end);
}
