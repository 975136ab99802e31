import type { Plan } from '../model/plan.ts';
import type { AttemptResult } from '../model/attempt.ts';
import type { Step } from '../model/outcome.ts';
import { statusFrom } from '../model/payload-status.ts';
import type { Ledger, RecordedAttempt } from '../run/ledger.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { resultOf } from './attempt-result.ts';
import { type AttemptRecord, beginStep, finishAttempt, insertAttempts, readAttempt, renewAttempt } from './attempts.ts';
import { readCache, readContents, recordContents, recordFolder, recordRunner } from './caches.ts';
import { currentClient } from './client.ts';
import type { Database } from './database.ts';
import { listShortfalls, listSuccesses, planKeyOf } from './history.ts';
import { endInstance, pinFirstHostKey } from './instances.ts';
import { type PayloadMoment, recordEnd, recordStatus } from './payload-status.ts';
import { endRun, insertRun } from './runs.ts';

/**
 * The ledger in the state file: each call is one transaction. What an instance has of its payload is written with the step,
 * or the end, that it follows from.
 * @param user login name of whoever begins runs
 */
export function createLedger(database: Database, clock: Clock, user: string | null): Ledger {
  const now = (): string => isoTime(clock.now());
  const at = (runId: string, instanceId: string): PayloadMoment => ({ runId, instanceId, now: now() });
  return {
    runStarted: (plan) => recordPlan(database, plan, user),
    runClaimed: (plan) => claimRun(database, plan, user),
    attempt: (runId, instanceId) => recordedAttempt(readAttempt(database, runId, instanceId)),
    stepStarted: (runId, instanceId, step) => startStep(database, at(runId, instanceId), step),
    payloadSent: (runId, instanceId) =>
      database.transaction(() => {
        if (readAttempt(database, runId, instanceId).outcome !== null) return;
        recordStatus(database, at(runId, instanceId), 'pending_execution', null);
      }),
    attemptRenewed: (runId, instanceId, stamp) => renewAttempt(database, runId, instanceId, stamp),
    attemptFinished: (runId, result) =>
      finish(database, at(runId, result.instanceId), result) ? result : finishedResult(database, runId, result),
    attemptClosed: (runId, result, seen) =>
      database.transaction(() => {
        const { stamp, step } = readAttempt(database, runId, result.instanceId);
        const wentOn = stamp !== seen.stamp || (seen.step !== undefined && step !== seen.step);
        if (!wentOn) finish(database, at(runId, result.instanceId), result);
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

/** @returns false where it has ended before */
function startStep(database: Database, moment: PayloadMoment, step: Step): boolean {
  const { runId, instanceId, now } = moment;
  const status = statusFrom(step);
  if (status === null) return beginStep(database, runId, instanceId, step, now);
  return database.transaction(() => {
    const isOpen = beginStep(database, runId, instanceId, step, now);
    if (isOpen) recordStatus(database, moment, status, null);
    return isOpen;
  });
}

/** @returns whether it was written */
function finish(database: Database, moment: PayloadMoment, result: AttemptResult): boolean {
  const { runId, instanceId, now } = moment;
  const { outcome, remoteDir } = result;
  return database.transaction(() => {
    const isWritten = finishAttempt(database, runId, result, now);
    if (remoteDir !== null && outcome.kind !== 'lost') recordFolder(database, runId, instanceId, remoteDir);
    if (isWritten) recordEnd(database, moment, result);
    return isWritten;
  });
}

function recordPlan(database: Database, plan: Plan, user: string | null): void {
  database.transaction(() => {
    insertRun(database, plan, currentClient(), user);
    insertAttempts(database, plan);
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
