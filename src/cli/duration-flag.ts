import { usageError } from '../model/errors.ts';
import { formatDuration } from '../util/format.ts';
import { parseDuration } from '../util/parse-quantity.ts';

/** Node's timers hold at most 24.8 days, and fire at once beyond that. */
const LONGEST_MS = parseDuration('24d') as number;

/**
 * The duration that a flag was given, ms.
 * @param leastMs anything shorter is refused
 * @throws SpotError (exit 64)
 */
export function readDuration(flag: string, word: string, leastMs = 0): number {
  const ms = parseDuration(word);
  const given = `${flag}: ${JSON.stringify(word)}`;
  if (ms === null) throw usageError('flag-invalid', `${given} is not a duration; write it like 10s, 5m or 1h30m`);
  if (ms > LONGEST_MS) throw usageError('flag-invalid', `${given} is too long; the most is 24d`);
  if (ms >= leastMs) return ms;
  throw usageError('flag-invalid', `${given} is too short; the least is ${formatDuration(leastMs)}`);
}
