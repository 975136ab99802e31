import type { Plan } from '../model/plan.ts';
import type { AttemptResult } from '../model/attempt.ts';
import type { Ledger, RecordedAttempt } from '../run/ledger.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { resultOf } from './attempt-result.ts';
import { type AttemptRecord, beginStep, finishAttempt, insertAttempt, readAttempt, renewAttempt } from './attempts.ts';
import { currentClient } from './client.ts';
import type { Database } from './database.ts';
import { listShortfalls, listSuccesses, planKeyOf } from './history.ts';
import { pinFirstHostKey } from './instances.ts';
import { endRun, insertRun } from './runs.ts';

/** The ledger in the state file: a run's beginning is one transaction, everything after it one statement a call. */
export function createLedger(database: Database, clock: Clock): Ledger {
  const now = (): string => isoTime(clock.now());
  return {
    runStarted: (plan) => recordPlan(database, plan),
    runClaimed: (plan) => claimRun(database, plan),
    attempt: (runId, instanceId) => recordedAttempt(readAttempt(database, runId, instanceId)),
    stepStarted: (runId, instanceId, step) => beginStep(database, runId, instanceId, step, now()),
    attemptRenewed: (runId, instanceId, stamp) => renewAttempt(database, runId, instanceId, stamp),
    attemptFinished: (runId, result) => {
      finishAttempt(database, runId, result, now());
      return finishedResult(database, runId, result);
    },
    attemptClosed: (runId, result, seen) =>
      database.transaction(() => {
        const { stamp, step } = readAttempt(database, runId, result.instanceId);
        const wentOn = stamp !== seen.stamp || (seen.step !== undefined && step !== seen.step);
        if (!wentOn) finishAttempt(database, runId, result, now());
        return recordedAttempt(readAttempt(database, runId, result.instanceId)).result;
      }),
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

function claimRun(database: Database, plan: Plan): boolean {
  const key = planKeyOf(plan);
  return database.transaction(() => {
    const open = listShortfalls(database, key).filter(({ outcome }) => outcome === null);
    const taken = new Set([...listSuccesses(database, key), ...open].map(({ instanceId }) => instanceId));
    if (plan.targets.some(({ instance }) => taken.has(instance.instanceId))) return false;
    recordPlan(database, plan);
    return true;
  });
}

function recordedAttempt(record: AttemptRecord): RecordedAttempt {
  const { stamp, step, startedAt } = record;
  return { stamp, step, startedAt, result: resultOf(record) };
}

/** The one that counts; the ends of the outputs are the client's own, as long as it ended alike. */
function finishedResult(database: Database, runId: string, result: AttemptResult): AttemptResult {
  const recorded = resultOf(readAttempt(database, runId, result.instanceId));
  if (recorded?.outcome.kind !== result.outcome.kind) return recorded ?? result;
  return { ...result, outcome: recorded.outcome, evidence: recorded.evidence };
}
