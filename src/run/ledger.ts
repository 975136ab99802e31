import type { AttemptResult } from '../model/attempt.ts';
import type { InstanceState } from '../model/instance.ts';
import type { PayloadFile } from '../model/payload.ts';
import type { Step } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';

/** An attempt as the ledger has it at this moment. */
export interface RecordedAttempt {
  /** the tail of the folders of the try that counts */
  readonly stamp: string;
  /** the step last begun, or null before the first */
  readonly step: Step | null;
  /** ISO 8601, or null before the first step */
  readonly startedAt: string | null;
  /** null as long as it is open; the tails of its outputs are empty */
  readonly result: AttemptResult | null;
}

/** What an instance has from earlier runs, as far as is known here; it is checked over there before it is used. */
export interface InstanceCache {
  /** of the runner in its cache, hex, or null */
  readonly runnerDigest: string | null;
  /** the files folder of its last payload, a DEPLOY_FILES_DIR, or null */
  readonly folder: { readonly path: string; readonly payloadDigest: string } | null;
}

/** What must still be so; a step only where it matters. */
export type Seen = Pick<RecordedAttempt, 'stamp'> & Partial<Pick<RecordedAttempt, 'step'>>;

/**
 * Where a run writes down what it is about to do, before it does it, so that `kill -9` at any moment leaves a state
 * that explains itself. Each call is durable when it returns. What an instance has of its payload (`PayloadStatus`) follows
 * from the steps and the end of the newest run that has begun there.
 */
export interface Ledger {
  /** the plan and one planned attempt per target */
  runStarted(plan: Plan): void;
  /**
   * The same for a plan on instances that lack its payload, unless one of them has it by now, or an attempt at it is
   * open there: of several clients that are about to run it on an instance one does.
   * @returns whether it was written down
   */
  runClaimed(plan: Plan): boolean;
  /** what another client may have made of it since */
  attempt(runId: string, instanceId: string): RecordedAttempt;
  /**
   * The attempt is about to take this step.
   * @returns false where another client has ended the attempt: nothing is started any more
   */
  stepStarted(runId: string, instanceId: string, step: Step): boolean;
  /** All of the payload is about to be on the instance, and the script was not seen to start; called where the plan asks for it. */
  payloadSent(runId: string, instanceId: string): void;
  /**
   * A further try makes folders of its own, with this tail.
   * @returns false where another client has ended the attempt: there is none
   */
  attemptRenewed(runId: string, instanceId: string, stamp: string): boolean;
  /**
   * The first result of an attempt counts. After `lost` somebody else may know more.
   * @returns the one that counts
   */
  attemptFinished(runId: string, result: AttemptResult): AttemptResult;
  /**
   * The same for a client that did not begin the attempt and knows it as it was `seen`.
   * @returns null where the attempt has gone on since: then the result is about something else
   */
  attemptClosed(runId: string, result: AttemptResult, seen: Seen): AttemptResult | null;
  /** what the instance is believed to have */
  cacheOf(instanceId: string): InstanceCache;
  /** what is in the folders of a payload, or null where that is not known */
  contentsOf(payloadDigest: string): readonly PayloadFile[] | null;
  /** the instance has the runner of this digest in its cache; null: it is not known which */
  runnerCached(instanceId: string, digest: string | null): void;
  /**
   * Closes a run if all its attempts have ended by now; its exit code follows from all of them.
   * @returns whether it was open until now
   */
  runEnded(runId: string, finishedAt: string): boolean;
  /** the instance is not there any more: it is in this state from now on, for a reason in its source's words */
  instanceEnded(instanceId: string, state: InstanceState, reason: string): void;
  /** first contact: from now on the instance has this key, `<type> <base64>` */
  hostKeyPinned(instanceId: string, hostKey: string): void;
}
