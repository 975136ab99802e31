import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pace } from '../../../src/run/pace.ts';

/** @param ended ms of those that have succeeded, null for another end */
function paceAfter(expected: number, ended: readonly (number | null)[], after = '3x', leastMs = 0): Pace {
  const limit = after.endsWith('x') ? { factor: Number(after.slice(0, -1)) } : { ms: Number(after) };
  const pace = new Pace(limit, leastMs);
  pace.expect(expected);
  for (const ms of ended)
    if (ms === null) pace.endedOtherwise();
    else pace.succeeded(ms);
  return pace;
}

describe('the time from which on a script is a straggler', () => {
  test.each([
    ['nobody has ended', 4, [], null],
    ['less than half have', 4, [10_000], null],
    ['half have', 4, [10_000, 20_000], 30_000],
    ['most have, in any order', 5, [40_000, 10_000, 20_000], 60_000],
    ['the others failed', 4, [10_000, null, null], 30_000],
    ['all that ended have failed', 4, [null, null, null], null],
    ['all have', 2, [10_000, 30_000], 30_000],
  ] as const)('when %s', (_when, expected, ended, limitMs) => {
    expect(paceAfter(expected, ended).limitMs).toBe(limitMs);
  });

  test('is never shorter than the least, unless it is a time of its own', () => {
    expect(paceAfter(2, [10], '3x', 5000).limitMs).toBe(5000);
    expect(paceAfter(2, [10], '2000', 5000).limitMs).toBe(2000);
    expect(paceAfter(3, [10], '2000', 5000).limitMs, 'less than half').toBe(null);
  });

  test('does not come before half of the next wave, too, has succeeded', () => {
    const pace = paceAfter(2, [1000, 1000]);
    pace.expect(8);
    expect(pace.limitMs).toBe(null);
    for (const ms of [1000, 1000, 1000]) pace.succeeded(ms);
    expect(pace.limitMs).toBe(3000);
  });

  test('knows the median of whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (durations) => {
        const sorted = [...durations].sort((a, b) => a - b);
        expect(paceAfter(1, durations).medianMs).toBe(sorted[Math.floor((sorted.length - 1) / 2)]);
      }),
    );
  });
});
