import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_AT_ONCE, rolloutOf, type Share } from '../../../src/run/rollout.ts';

const percent = (value: number): Share => ({ percent: value });
const count = (value: number): Share => ({ count: value });

function waves(serial: readonly Share[], targets: number): readonly number[] {
  return rolloutOf({ ...ALL_AT_ONCE, serial }, targets).waves;
}

describe('waves', () => {
  test.each<[serial: readonly Share[], targets: number, sizes: readonly number[]]>([
    [[], 5, [5]],
    [[], 0, []],
    [[count(1)], 3, [1, 1, 1]],
    [[count(1), percent(10), percent(100)], 100, [1, 10, 89]],
    [[count(1), percent(10)], 25, [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]],
    [[percent(10)], 5, [1, 1, 1, 1, 1]],
    [[percent(50)], 5, [2, 2, 1]],
    [[percent(0), count(0), count(7)], 9, [1, 1, 7]],
    [[count(20)], 3, [3]],
  ])('of %j of %d have the sizes %j', (serial, targets, sizes) => {
    expect(waves(serial, targets)).toEqual(sizes);
  });

  const shares = fc.array(fc.oneof(fc.nat(50).map(count), fc.nat(100).map(percent)), { maxLength: 5 });

  test('have every target exactly once and one at least, and none is larger than what was asked for', () => {
    fc.assert(
      fc.property(shares, fc.nat(500), (serial, targets) => {
        const sizes = waves(serial, targets);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(targets);
        for (const [index, size] of sizes.entries()) {
          const share = serial[index] ?? serial.at(-1) ?? percent(100);
          const asked = 'count' in share ? share.count : (targets * share.percent) / 100;
          expect(size).toBeGreaterThanOrEqual(1);
          expect(size).toBeLessThanOrEqual(Math.max(1, asked));
          // only the last wave may be smaller, as it has what is left
          if (index < sizes.length - 1) expect(size).toBeGreaterThan(asked - 1);
        }
      }),
    );
  });
});

test.each<[maxFail: Share | null, targets: number, most: number | null]>([
  [null, 10, null],
  [count(0), 10, 0],
  [count(3), 1, 3],
  [percent(10), 25, 2],
  [percent(100), 25, 25],
])('of %j of %d instances may fail %j', (maxFail, targets, most) => {
  expect(rolloutOf({ ...ALL_AT_ONCE, maxFail }, targets).maxFailures).toBe(most);
});
