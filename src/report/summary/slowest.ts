import type { AttemptResult } from '../../model/attempt.ts';
import { formatDuration } from '../../util/format.ts';
import { harmless } from '../text.ts';
import { attemptMs } from '../words.ts';
import type { Words } from './names.ts';

/** Of fewer nobody can say what is usual. */
const MIN_INSTANCES = 4;
/** Who took so many times as long as half of them stands out … */
const FACTOR = 2;
/** … if that is something to wait for, ms. */
const MIN_LATER_MS = 1000;
const MAX_NAMED = 3;

/** `slowest: web-7 41 s, web-9 38 s; median 3.1 s`, or '' where none stands out. What timed out says so anyway. */
export function slowestLine(attempts: readonly AttemptResult[], words: Words): string {
  const ended = attempts.filter(({ outcome }) => ['succeeded', 'failed', 'killed'].includes(outcome.kind));
  const timed = ended.map((attempt) => ({ attempt, ms: attemptMs(attempt) })).sort((a, b) => b.ms - a.ms);
  if (timed.length < MIN_INSTANCES) return '';
  const medianMs = medianOf(timed.map(({ ms }) => ms));
  const slow = timed.filter(({ ms }) => ms > FACTOR * medianMs && ms - medianMs >= MIN_LATER_MS);
  if (slow.length === 0) return '';
  const named = slow.slice(0, MAX_NAMED).map(({ attempt, ms }) => {
    return `${harmless(words.get(attempt.instanceId) ?? attempt.instanceId)} ${formatDuration(ms)}`;
  });
  const more = slow.length > MAX_NAMED ? ` and ${slow.length - MAX_NAMED} more` : '';
  return `slowest: ${named.join(', ')}${more}; median ${formatDuration(medianMs)}\n`;
}

/** @param sorted not empty */
function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
