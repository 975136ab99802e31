import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimeIds } from '../../../src/util/time-ids.ts';

test('an id has its prefix and 20 characters', () => {
  const newId = createTimeIds({ now: () => Date.parse('2026-07-01T12:00:00Z') }, () => 0);
  expect(newId('pl')).toBe('pl-0hjzk9dkw00000000000');
  expect(createTimeIds({ now: Date.now }, () => 0.999_999_999_999)('tk')).toMatch(/^tk-[0-9a-z]{20}$/);
});

test('ids of one maker sort by the order in which they were made, even if the clock stands still or goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 2 }), (times) => {
      let at = 0;
      const newId = createTimeIds({ now: () => times[at] ?? 0 }, Math.random);
      const ids = times.map((_, index) => {
        at = index;
        return newId('rq');
      });
      expect(ids.toSorted()).toEqual(ids);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test('ids of two makers at the same moment differ', () => {
  const clock = { now: () => 1_782_907_200_000 };
  const [first, second] = [createTimeIds(clock, Math.random), createTimeIds(clock, Math.random)];
  expect(first('pl')).not.toBe(second('pl'));
});
