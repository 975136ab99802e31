import { messageOf } from '../model/errors.ts';
import { ConnectError, LinkLostError } from '../transport/transport.ts';
import { DeadlineError } from '../util/deadline.ts';
import { formatDuration } from '../util/format.ts';
import { ControlGoneError, NotReadyError } from './explain.ts';
import { ChannelEnded, RunnerRefusal } from './runner-session.ts';

/**
 * Failures to connect that may be gone a moment later. A deadline that passed is none of them: the user set it; and a
 * host that hangs up has been tried again as long as that deadline allows.
 */
const PASSING = new Set(['connection-refused', 'host-unreachable']);

/** The connection broke, whoever noticed it first. */
export function isLinkLoss(error: unknown): boolean {
  if (error instanceof ChannelEnded) return error.exit.code === null && error.exit.signal === null;
  return error instanceof LinkLostError;
}

/** The link stands, and what spoke over it has ended. */
export function isRunnerLoss(error: unknown): boolean {
  return error instanceof ChannelEnded && !isLinkLoss(error);
}

/** Worth another try, as long as the script cannot have been started. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectError) return error.kind === 'unreachable' && PASSING.has(error.problem.code);
  return isLinkLoss(error);
}

/** While a link is taken up again, every failure to connect is worth another try but a refusal. */
export function mayComeBack(error: unknown): boolean {
  return error instanceof ConnectError ? !isRefusal(error) : isLinkLoss(error);
}

/** The host is there and does not let us in: another host key, no login, a login shell that says no. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof ChannelEnded) return error.exit.code !== null && !error.greeted;
  return error instanceof ConnectError && (error.kind === 'rejected' || error.problem.code === 'auth-failed');
}

/** Nobody speaks to us there, or somebody who is not the one that we know: its address may be another's by now. */
export function isNoAnswer(error: unknown): boolean {
  const neverAnswered = error instanceof NotReadyError && error.refusal !== null;
  return neverAnswered || error instanceof ConnectError || error instanceof DeadlineError || isLinkLoss(error);
}

/** Nothing of an attempt that nobody saw start runs or will: the control directory was removed just now, or before. */
export function leftNothing(error: unknown): boolean {
  return (
    (error instanceof ControlGoneError && !error.wasRestarted) ||
    (error instanceof RunnerRefusal && error.code === 'void')
  );
}

/** Why a connection did not come about or broke, in a few words. */
export function wordsOf(error: unknown): string {
  if (error instanceof ConnectError) return error.problem.message;
  if (error instanceof DeadlineError) return `no answer within ${formatDuration(error.afterMs)}`;
  if (!(error instanceof ChannelEnded)) return messageOf(error);
  return isLinkLoss(error) ? 'the host closed the connection' : 'the login shell hung up';
}

/** An upload that took too long may have been complete. */
export function isOpenQuestion(error: unknown): boolean {
  return isLinkLoss(error) || error instanceof DeadlineError;
}

/** Another client has taken the receipt, so that the script is never started. */
export function isTakenAway(error: unknown): boolean {
  return error instanceof RunnerRefusal && error.code === 'taken';
}

/** What sh ends with where it cannot open a file, by shell: the folder has gone this very moment. */
const CANNOT_OPEN: readonly (number | null)[] = [2, 127];

/** Whoever stays silent while a script is taken up again, or hangs up, may answer over a further connection. */
export function silenceIsLoss(error: unknown): unknown {
  const hangsUp = error instanceof ChannelEnded && (isLinkLoss(error) || CANNOT_OPEN.includes(error.exit.code));
  return error instanceof DeadlineError || hangsUp ? new LinkLostError(wordsOf(error)) : error;
}
