import { messageOf, SpotError } from '../model/errors.ts';
import { unconfirmed } from '../model/evidence.ts';
import type { Fate } from '../model/fate.ts';
import type { Step } from '../model/outcome.ts';
import { ConnectError, LinkLostError } from '../transport/transport.ts';
import { DeadlineError } from '../util/deadline.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import { type Judgement, judgeChannelEnd, judgeRefusal } from './judge.ts';
import type { RoomNeeded } from './room.ts';
import { ChannelEnded, RunnerRefusal } from './runner-session.ts';
import { PasswordRefusedError } from './sudo-password.ts';

/** The user or a limit ended the run; `by` is one word for the evidence, e.g. `Ctrl-C`. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly by: string;
  /** a fact for the evidence, or null where `by` says it all */
  readonly why: string | null;

  constructor(by: string, why: string | null = null) {
    super(`cancelled by ${by}`);
    this.by = by;
    this.why = why;
  }
}

/** Another client, a `spot stop` for example, has closed the attempt before its script was started. */
export function endedElsewhere(): CancelledError {
  return new CancelledError('another client');
}

/** The control directory is not on the instance. */
export class ControlGoneError extends Error {
  override readonly name = 'ControlGoneError';
  /** the instance was started anew since: the script may have run before */
  readonly wasRestarted: boolean;

  constructor(control: string, wasRestarted: boolean) {
    super(
      wasRestarted
        ? `${control} is not on the instance any more, which was started anew`
        : `${control} is not on the instance: its script never started, or someone removed the folder`,
    );
    this.wasRestarted = wasRestarted;
  }
}

/** An instance was not ready for the payload in time. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError';
  readonly step: Step;
  /** ms */
  readonly afterMs: number;
  /** why there was no connection; of the steps after that null */
  readonly refusal: ConnectError | null;

  /** @param waitsFor what it was waited for, in the end */
  constructor(step: Step, afterMs: number, waitsFor: string, refusal: ConnectError | null) {
    super(waitsFor);
    this.step = step;
    this.afterMs = afterMs;
    this.refusal = refusal;
  }
}

/** The payload does not fit into /tmp. All in bytes. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
  readonly free: number;
  readonly needed: RoomNeeded;

  constructor(free: number, needed: RoomNeeded) {
    super(`${needed.total} bytes do not fit into ${free}`);
    this.free = free;
    this.needed = needed;
  }
}

/** The instance is not there any more, as its source says, or as it said itself when its time came. */
export class InstanceGoneError extends Error {
  override readonly name = 'InstanceGoneError';
  readonly fate: Fate;
  /** when it was missed, ISO 8601, UTC */
  readonly missedAt: string;

  constructor(fate: Fate, missedAt: string) {
    super(fate.isReclaimed ? 'the instance was taken back' : `the instance is ${fate.state}`);
    this.fate = fate;
    this.missedAt = missedAt;
  }
}

/** Codes of an attempt whose control directory is gone: only without a new start nothing can have run, unless it was seen. */
export const ControlGone = { restarted: 'control-gone', missing: 'control-missing' } as const;

export interface Circumstances {
  readonly step: Step;
  /** the script may have been started */
  readonly sent: boolean;
}

const NOT_STARTED = 'nothing was started';

/** The outcome of an attempt that ended in an error: the one place where that is decided. */
export function explain(error: unknown, { step, sent }: Circumstances): Judgement {
  if (error instanceof CancelledError) return cancelled(error, sent);
  if (error instanceof PasswordRefusedError) return passwordRefused(error);
  if (error instanceof NotReadyError) return notReady(error);
  if (error instanceof NoRoomError) return noRoom(error);
  if (error instanceof ConnectError) return notConnected(error, step, sent);
  if (error instanceof RunnerRefusal) return judgeRefusal(error);
  if (error instanceof LinkLostError) return linkLost(error.message, step, sent);
  if (error instanceof ChannelEnded) {
    const linkIsGone = error.exit.code === null && error.exit.signal === null;
    return linkIsGone ? linkLost('the host closed the connection', step, sent) : judgeChannelEnd(error, step, sent);
  }
  if (error instanceof DeadlineError) return tooLate(error, step, sent);
  if (error instanceof InstanceGoneError) return instanceGone(error, step, sent);
  if (error instanceof ControlGoneError) return controlGone(error, step);
  if (error instanceof SpotError) return notConnected({ kind: 'rejected', problem: error }, step, sent);
  return unexpected(error, step, sent);
}

function cancelled(error: CancelledError, sent: boolean): Judgement {
  const fate = sent ? unconfirmed('the script may be running on') : NOT_STARTED;
  const evidence = error.why === null ? [fate] : [error.why, fate];
  return { outcome: { kind: 'cancelled', error: { code: 'cancelled', message: error.message } }, evidence };
}

function passwordRefused({ message }: PasswordRefusedError): Judgement {
  return { outcome: { kind: 'cancelled', error: { code: 'sudo-refused', message } }, evidence: [NOT_STARTED] };
}

/** Where nobody was there all the time, that is no other end than it would have been without waiting. */
function notReady({ step, afterMs, message: waitsFor, refusal }: NotReadyError): Judgement {
  const after = formatDuration(afterMs);
  if (step === 'connect') {
    const error = { code: refusal?.problem.code ?? 'connection-lost', message: waitsFor };
    return {
      outcome: { kind: refusal?.kind ?? 'unreachable', error },
      evidence: [`waited ${after} for it`, NOT_STARTED],
    };
  }
  const message = `not ready after ${after}: ${waitsFor}; give it more with --wait-ready`;
  return { outcome: { kind: 'timed-out', step, error: { code: 'not-ready', message } }, evidence: [NOT_STARTED] };
}

function noRoom({ free, needed }: NoRoomError): Judgement {
  const parts = `${formatBytes(needed.archive)} packed and ${formatBytes(needed.content)} unpacked`;
  const message = `/tmp on the instance has room for ${formatBytes(free)}, and the payload needs ${formatBytes(needed.total)} (${parts}); make room there, or take a larger disk`;
  return { outcome: { kind: 'rejected', error: { code: 'no-space', message } }, evidence: [NOT_STARTED] };
}

/** Once the script may have been started, nobody can say any more that it was not. */
function notConnected(
  { kind, problem: { code, message } }: Pick<ConnectError, 'kind' | 'problem'>,
  step: Step,
  sent: boolean,
): Judgement {
  if (!sent) return { outcome: { kind, error: { code, message } }, evidence: [] };
  const unknown = `${message}; nobody knows whether the script runs on`;
  return { outcome: { kind: 'lost', step, error: { code, message: unknown } }, evidence: [] };
}

/** Of an instance that was taken back everybody knows that nothing runs on; how far its script came, nobody. */
function instanceGone({ message, fate, missedAt }: InstanceGoneError, step: Step, sent: boolean): Judgement {
  const { isReclaimed, at, reason, requestStatus } = fate;
  const evidence = [
    ...(sent ? [] : [NOT_STARTED]),
    `missed since ${missedAt}`,
    ...(at === null ? [] : [`lost at ${at}`]),
    ...(reason === '' ? [] : [reason]),
    ...(requestStatus === null ? [] : [`spot request: ${requestStatus}`]),
  ];
  if (isReclaimed) return { outcome: { kind: 'reclaimed', error: { code: 'reclaimed', message } }, evidence };
  const code = 'instance-gone';
  if (!sent) return { outcome: { kind: 'unreachable', error: { code, message } }, evidence };
  const unknown = `${message}; nobody knows how far the script came`;
  return { outcome: { kind: 'lost', step, error: { code, message: unknown } }, evidence };
}

function controlGone({ message, wasRestarted }: ControlGoneError, step: Step): Judgement {
  const code = wasRestarted ? ControlGone.restarted : ControlGone.missing;
  return { outcome: { kind: 'lost', step, error: { code, message } }, evidence: [] };
}

function linkLost(reason: string, step: Step, sent: boolean): Judgement {
  if (!sent) {
    const message = `the connection broke in ${step} (${reason})`;
    return { outcome: { kind: 'unreachable', error: { code: 'connection-lost', message } }, evidence: [NOT_STARTED] };
  }
  const message = `the connection broke in ${step} (${reason}); nobody knows whether the script runs on`;
  return { outcome: { kind: 'lost', step, error: { code: 'connection-lost', message } }, evidence: [] };
}

function tooLate(error: DeadlineError, step: Step, sent: boolean): Judgement {
  const after = formatDuration(error.afterMs);
  if (step === 'upload' && !sent) {
    const message = `the upload took longer than ${after}; give it more with --upload-timeout`;
    return {
      outcome: { kind: 'timed-out', step, error: { code: 'upload-timeout', message } },
      evidence: [NOT_STARTED],
    };
  }
  const message = `the instance did not answer within ${after}; nobody knows whether the script runs on`;
  return { outcome: { kind: 'lost', step, error: { code: 'no-answer', message } }, evidence: [] };
}

/** A refused channel, or a mistake of ours: either way the instance has an outcome and the words are kept. */
function unexpected(error: unknown, step: Step, sent: boolean): Judgement {
  const problem = { code: 'refused-by-host', message: `${step} failed: ${messageOf(error)}` };
  if (sent) return { outcome: { kind: 'lost', step, error: problem }, evidence: [] };
  return { outcome: { kind: 'rejected', error: problem }, evidence: [NOT_STARTED] };
}
