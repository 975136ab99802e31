import type { Plan } from '../model/plan.ts';
import type { AttemptResult } from '../model/attempt.ts';
import type { Ledger, RecordedAttempt } from '../run/ledger.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { resultOf } from './attempt-result.ts';
import { type AttemptRecord, beginStep, finishAttempt, insertAttempt, readAttempt, renewAttempt } from './attempts.ts';
import { readCache, readContents, recordContents, recordFolder, recordRunner } from './caches.ts';
import { currentClient } from './client.ts';
import type { Database } from './database.ts';
import { listShortfalls, listSuccesses, planKeyOf } from './history.ts';
import { endInstance, pinFirstHostKey } from './instances.ts';
import { endRun, insertRun } from './runs.ts';

/**
 * The ledger in the state file: a run's beginning is one transaction, everything after it one statement a call.
 * @param user login name of whoever begins runs
 */
export function createLedger(database: Database, clock: Clock, user: string | null): Ledger {
  const now = (): string => isoTime(clock.now());
  const finish = (runId: string, result: AttemptResult): boolean => {
    const isWritten = finishAttempt(database, runId, result, now());
    const { instanceId, outcome, remoteDir } = result;
    if (remoteDir !== null && outcome.kind !== 'lost') recordFolder(database, runId, instanceId, remoteDir);
    return isWritten;
  };
  return {
    runStarted: (plan) => recordPlan(database, plan, user),
    runClaimed: (plan) => claimRun(database, plan, user),
    attempt: (runId, instanceId) => recordedAttempt(readAttempt(database, runId, instanceId)),
    stepStarted: (runId, instanceId, step) => beginStep(database, runId, instanceId, step, now()),
    attemptRenewed: (runId, instanceId, stamp) => renewAttempt(database, runId, instanceId, stamp),
    attemptFinished: (runId, result) => (finish(runId, result) ? result : finishedResult(database, runId, result)),
    attemptClosed: (runId, result, seen) =>
      database.transaction(() => {
        const { stamp, step } = readAttempt(database, runId, result.instanceId);
        const wentOn = stamp !== seen.stamp || (seen.step !== undefined && step !== seen.step);
        if (!wentOn) finish(runId, result);
        return recordedAttempt(readAttempt(database, runId, result.instanceId)).result;
      }),
    cacheOf: (instanceId) => readCache(database, instanceId),
    contentsOf: (payloadDigest) => readContents(database, payloadDigest),
    runnerCached: (instanceId, digest) => recordRunner(database, instanceId, digest),
    runEnded: (runId, finishedAt) => endRun(database, runId, finishedAt),
    instanceEnded: (instanceId, state, reason) => endInstance(database, instanceId, { state, reason }, now()),
    hostKeyPinned: (instanceId, hostKey) => pinFirstHostKey(database, instanceId, hostKey, now()),
  };
}

function recordPlan(database: Database, plan: Plan, user: string | null): void {
  database.transaction(() => {
    insertRun(database, plan, currentClient(), user);
    plan.targets.forEach((target, position) => insertAttempt(database, plan.runId, target, position));
    if (plan.useCache) recordContents(database, plan.payload.digest, plan.payload.manifest.files);
  });
}

function claimRun(database: Database, plan: Plan, user: string | null): boolean {
  const key = planKeyOf(plan);
  return database.transaction(() => {
    const open = listShortfalls(database, key).filter(({ outcome }) => outcome === null);
    const taken = new Set([...listSuccesses(database, key), ...open].map(({ instanceId }) => instanceId));
    if (plan.targets.some(({ instance }) => taken.has(instance.instanceId))) return false;
    recordPlan(database, plan, user);
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
