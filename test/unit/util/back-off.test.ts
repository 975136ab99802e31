import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOff } from '../../../src/util/back-off.ts';

const NEVER = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** How long it waits, by the fake clock, ms. */
async function waited(tries: number, random: number): Promise<number> {
  const wait = backOff(tries, () => random, NEVER);
  const started = Date.now();
  await vi.runAllTimersAsync();
  await wait;
  return Date.now() - started;
}

test.each([
  [1, 0, 250],
  [1, 0.999, 499],
  [2, 0, 500],
  [3, 0.5, 1500],
  [20, 0.999, 9995],
])('try %i with luck %f waits %i ms', async (tries, random, ms) => {
  expect(await waited(tries, random)).toBe(ms);
});

test('a wait ends with its signal, and for its reason', async () => {
  const controller = new AbortController();
  const wait = backOff(5, () => 0, controller.signal);
  controller.abort(new Error('cancelled'));
  await expect(wait).rejects.toThrow('cancelled');
});
