import { describe, expect, test } from 'vitest';
import { mapBounded } from '../../../src/util/bounded.ts';

describe('bounded work', () => {
  test('is done by at most so many at a time, begun in order, its results in order', async () => {
    const begun: number[] = [];
    let now = 0;
    let most = 0;
    const results = await mapBounded([30, 10, 20, 0, 5], 2, async (turns, index) => {
      begun.push(index);
      most = Math.max(most, (now += 1));
      for (let i = 0; i < turns; i += 1) await Promise.resolve();
      now -= 1;
      return `${index}:${turns}`;
    });
    expect(results).toEqual(['0:30', '1:10', '2:20', '3:0', '4:5']);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
  });

  test.each([
    ['no items', [], 5],
    ['fewer items than places', [1, 2], 5],
  ])('with %s', async (_, items, limit) => {
    expect(await mapBounded(items, limit, (item) => Promise.resolve(item * 2))).toEqual(items.map((item) => item * 2));
  });

  test('that fails fails as a whole', async () => {
    await expect(
      mapBounded([1, 2, 3], 1, (item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve())),
    ).rejects.toThrow('two');
  });
});
