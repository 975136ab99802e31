import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Deadline, DeadlineError, withDeadline } from '../../../src/util/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  test('ends what it is given when its time is over', async () => {
    const deadline = new Deadline(new AbortController().signal, 500);
    const raced = deadline.race(never).catch((error: unknown) => error);
    vi.advanceTimersByTime(499);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await raced).toEqual(new DeadlineError(500));
    expect(await raced).toMatchObject({ message: 'took longer than 500 ms', afterMs: 500 });
    expect(deadline.timedOut).toBe(true);
  });

  test('ends with its parent, for the reason that came first', async () => {
    const parent = new AbortController();
    const deadline = new Deadline(parent.signal, 500);
    const reason = new Error('enough');
    parent.abort(reason);
    vi.advanceTimersByTime(1000);
    await expect(deadline.race(never)).rejects.toBe(reason);
    expect(deadline.timedOut).toBe(false);
  });

  test('whose parent has ended before is over at once', async () => {
    const reason = new Error('before');
    const deadline = new Deadline(AbortSignal.abort(reason), 500);
    await expect(deadline.race(never)).rejects.toBe(reason);
    deadline.clear();
  });

  test('keeps its time where the parent ends later', async () => {
    const parent = new AbortController();
    const deadline = new Deadline(parent.signal, 500);
    vi.advanceTimersByTime(500);
    parent.abort(new Error('late'));
    await expect(deadline.race(never)).rejects.toThrow(DeadlineError);
  });

  test('lets through what comes in time, good or bad', async () => {
    const work = withDeadline(new AbortController().signal, 500, (deadline) => deadline.race(Promise.resolve('done')));
    expect(await work).toBe('done');
    const failing = withDeadline(new AbortController().signal, 500, (deadline) =>
      deadline.race(Promise.reject(new Error('no'))),
    );
    await expect(failing).rejects.toThrow('no');
  });

  test('leaves no timer and no listener behind, however it ends', async () => {
    const { signal } = new AbortController();
    await withDeadline(signal, 500, (deadline) => deadline.race(Promise.resolve()));
    await expect(withDeadline(signal, 500, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('can be raced by many without a listener for each that is over', async () => {
    const deadline = new Deadline(new AbortController().signal, 500);
    for (let i = 0; i < 100; i += 1) await deadline.race(Promise.resolve());
    expect(getEventListeners(deadline.signal, 'abort')).toEqual([]);
    deadline.clear();
  });
});
