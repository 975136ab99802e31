import type { Plan } from '../model/plan.ts';
import type { Ledger } from '../run/ledger.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { beginStep, finishAttempt, insertAttempt, renewAttempt } from './attempts.ts';
import { currentClient } from './client.ts';
import type { Database } from './database.ts';
import { pinFirstHostKey } from './instances.ts';
import { endRun, finishRun, insertRun } from './runs.ts';

/** The ledger in the state file: a run's beginning is one transaction, everything after it one statement a call. */
export function createLedger(database: Database, clock: Clock): Ledger {
  const now = (): string => isoTime(clock.now());
  return {
    runStarted: (plan) => recordPlan(database, plan),
    stepStarted: (runId, instanceId, step) =>
      expectOne(beginStep(database, runId, instanceId, step, now()), `attempt of run ${runId} on ${instanceId}`),
    attemptRenewed: (runId, instanceId, stamp) =>
      expectOne(renewAttempt(database, runId, instanceId, stamp), `attempt of run ${runId} on ${instanceId}`),
    attemptFinished: (runId, result) =>
      expectOne(finishAttempt(database, runId, result, now()), `attempt of run ${runId} on ${result.instanceId}`),
    runFinished: (result) => expectOne(finishRun(database, result), `run ${result.runId}`),
    runEnded: (runId, finishedAt) => endRun(database, runId, finishedAt),
    hostKeyPinned: (instanceId, hostKey) => pinFirstHostKey(database, instanceId, hostKey, now()),
  };
}

function recordPlan(database: Database, plan: Plan): void {
  database.transaction(() => {
    insertRun(database, plan, currentClient());
    plan.targets.forEach((target, position) => insertAttempt(database, plan.runId, target, position));
  });
}

/** What is written down must have been announced before; silence here would lose an outcome. */
function expectOne(changes: number, what: string): void {
  if (changes !== 1) throw new Error(`the state file knows no ${what}`);
}
