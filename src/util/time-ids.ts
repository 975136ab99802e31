import type { Clock } from './clock.ts';

/** Digits of the time, microseconds since the epoch in base 36: enough for the next 4,000 years. */
const TIME_DIGITS = 11;
const RANDOM_DIGITS = 9;

/**
 * Makes ids, `<prefix>-` and 20 characters of [0-9a-z], that sort by time: each is later than the one before, and that of
 * another process differs by chance.
 * @param random in [0, 1)
 */
export function createTimeIds(clock: Clock, random: () => number): (prefix: string) => string {
  let last = 0;
  return (prefix) => {
    last = Math.max(last + 1, clock.now() * 1000);
    return `${prefix}-${inBase36(last, TIME_DIGITS)}${inBase36(random() * 36 ** RANDOM_DIGITS, RANDOM_DIGITS)}`;
  };
}

function inBase36(number: number, digits: number): string {
  return Math.floor(number).toString(36).padStart(digits, '0');
}
