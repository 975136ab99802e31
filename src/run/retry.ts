import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../model/errors.ts';
import { ConnectError, LinkLostError } from '../transport/transport.ts';
import { ChannelEnded } from './runner-session.ts';

/** First pause and the longest one, ms; each is twice the one before. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Failures to connect that may be gone a moment later. A deadline that passed is none of them: the user set it. */
const PASSING = new Set(['connection-refused', 'connection-reset', 'connection-closed', 'host-unreachable']);

/**
 * Waits before try number `tries` (from 1): twice as long each time, and a random half of it, so that many instances do
 * not come back at once.
 * @param random in [0, 1)
 * @throws the signal's reason
 */
export async function backOff(tries: number, random: () => number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  try {
    await sleep(longest / 2 + (random() * longest) / 2, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

/** The connection broke, whoever noticed it first. */
export function isLinkLoss(error: unknown): boolean {
  if (error instanceof ChannelEnded) return error.exit.code === null && error.exit.signal === null;
  return error instanceof LinkLostError;
}

/** Worth another try, as long as the script cannot have been started. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectError) return error.kind === 'unreachable' && PASSING.has(error.problem.code);
  return isLinkLoss(error);
}

/** While a link is taken up again, every failure to connect is worth another try but a refusal. */
export function mayComeBack(error: unknown): boolean {
  if (error instanceof ConnectError) return error.kind === 'unreachable' && error.problem.code !== 'auth-failed';
  return isLinkLoss(error);
}

/** Why a connection did not come about or broke, in a few words. */
export function wordsOf(error: unknown): string {
  if (error instanceof ConnectError) return error.problem.message;
  return error instanceof ChannelEnded ? 'the host closed the connection' : messageOf(error);
}
