import type { Clock } from '../util/clock.ts';

/**
 * Makes the tails of remote folder names, `<UTC time to the microsecond>_<pid>`, each later than the one before, so that
 * two attempts of one client never meet, even on the same host.
 */
export function createStamps(clock: Clock, pid: number): () => string {
  let last = 0;
  return () => {
    last = Math.max(last + 1, clock.now() * 1000);
    const millis = new Date(Math.floor(last / 1000)).toISOString().replace(/[-:Z]/g, '').replace('.', '');
    return `${millis}${String(last % 1000).padStart(3, '0')}_${pid}`;
  };
}

/**
 * `20261121-034512-9f3a`: sorts by time.
 * @param random in [0, 1)
 * @param digits how many hex digits of chance: 4 are enough for whoever makes one in a second
 */
export function makeRunId(clock: Clock, random: () => number, digits = 4): string {
  const time = new Date(clock.now()).toISOString();
  const suffix = Math.floor(random() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');
  return `${time.slice(0, 10).replaceAll('-', '')}-${time.slice(11, 19).replaceAll(':', '')}-${suffix}`;
}
