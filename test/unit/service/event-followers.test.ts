import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NumberedEvent } from '../../../src/service/api.ts';
import { at } from '../report/events.ts';
import { FIRST, finished, gather, never, oneLog, openLog, PLAN, RUN, SECOND, started, typesOf } from './event-logs.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('who follows a run', () => {
  it('gets what is there, what comes, and an end', async () => {
    const { log } = oneLog();
    log.append(RUN, started);
    log.flush();
    const followed = gather(log.follow(RUN, 0, never));
    await vi.advanceTimersByTimeAsync(10);
    log.append(RUN, at.finished(5, FIRST));
    log.append(RUN, at.finished(6, SECOND));
    log.append(RUN, finished());
    log.append(RUN, at.notice(9, null, 'nobody hears this'));
    await vi.advanceTimersByTimeAsync(100);
    const events = await followed;
    expect(events.map(({ number, event }) => `${number} ${event.type}`)).toEqual([
      '1 run-started',
      '2 attempt-finished',
      '3 attempt-finished',
      '4 notice',
      '5 run-finished',
    ]);
    expect(events.at(-1)?.event).toEqual(finished());
  });

  it('may begin in the middle and learns all that the run came to', async () => {
    const { log } = oneLog();
    for (const event of [started, at.finished(5, FIRST), at.finished(6, SECOND), finished()]) log.append(RUN, event);
    log.flush();
    expect(await gather(log.follow(RUN, 3, never))).toEqual([{ number: 4, event: finished() }]);
    const nothing = gather(log.follow(RUN, 4, never));
    await vi.advanceTimersByTimeAsync(1);
    expect(await nothing).toEqual([]);
  });

  it('hears of what another process writes, 250 ms later at most', async () => {
    const { log, folder } = oneLog();
    const other = openLog(folder);
    const followed = log.follow(RUN, 0, never)[Symbol.asyncIterator]();
    const next = followed.next();
    await vi.advanceTimersByTimeAsync(1);
    other.log.append(RUN, started);
    other.log.flush();
    await vi.advanceTimersByTimeAsync(250);
    expect(await next).toMatchObject({ value: { number: 1, event: { type: 'run-started' } } });
    await followed.return?.();
  });

  it('leaves when its signal is aborted, before or while it waits', async () => {
    const { log } = oneLog();
    log.append(RUN, started);
    log.flush();
    expect(await gather(log.follow(RUN, 0, AbortSignal.abort()))).toEqual([]);
    const leaving = new AbortController();
    const followed = gather(log.follow(RUN, 0, leaving.signal));
    await vi.advanceTimersByTimeAsync(600);
    leaving.abort();
    expect((await followed).map(({ number }) => number)).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves a run that is not on record, and one that is forgotten meanwhile', async () => {
    const { log, state } = oneLog();
    const unknown = gather(log.follow('r-other', 0, never));
    const forgotten = gather(log.follow(RUN, 0, never));
    await vi.advanceTimersByTimeAsync(1);
    expect(await unknown).toEqual([]);
    for (const end of [FIRST, SECOND]) state.ledger.attemptFinished(RUN, end);
    state.ledger.runEnded(RUN, '2026-07-01T12:00:09.000Z');
    state.forgetting.forgetRun(RUN);
    await vi.advanceTimersByTimeAsync(250);
    expect(await forgotten).toEqual([]);
  });

  it('is asked for in one query with all others, and reads pages as it goes', async () => {
    const { log, state } = oneLog();
    const runs = Array.from({ length: 40 }, (_, index) => `s${index}`);
    for (const run of runs) state.ledger.runStarted({ ...PLAN, runId: run });
    for (let number = 0; number < 200; number += 1) log.append(RUN, at.notice(number, null, `notice ${number}`));
    log.flush();
    const heads = vi.spyOn(state.runEvents, 'heads');
    const read = vi.spyOn(state.runEvents, 'read');
    const leaving = new AbortController();
    const followed = runs.map((run) => gather(log.follow(run, 0, leaving.signal)));
    await vi.advanceTimersByTimeAsync(1001);
    expect(heads).toHaveBeenCalledTimes(5);
    expect(heads.mock.lastCall?.[0]).toEqual(runs);
    read.mockClear();
    const slow = log.follow(RUN, 0, leaving.signal)[Symbol.asyncIterator]();
    for (let number = 1; number <= 64; number += 1) await slow.next();
    expect(read.mock.calls).toEqual([[RUN, 0, 64]]);
    await slow.next();
    expect(read.mock.calls).toEqual([
      [RUN, 0, 64],
      [RUN, 64, 64],
    ]);
    leaving.abort();
    await Promise.all(followed);
    await slow.return?.();
  });
});

describe('the end of a run', () => {
  it('waits for the ends of attempts that another worker tells of', async () => {
    const { log, state, folder } = oneLog();
    const other = openLog(folder);
    log.append(RUN, started);
    log.append(RUN, at.finished(6, SECOND));
    log.append(RUN, finished());
    log.flush();
    await vi.advanceTimersByTimeAsync(500);
    expect(typesOf(state)).toEqual(['1 run-started', '2 attempt-finished']);
    other.log.append(RUN, at.output(7, 'i-1', 'the last words\n'));
    other.log.append(RUN, at.finished(8, FIRST));
    other.log.flush();
    await vi.advanceTimersByTimeAsync(100);
    expect(typesOf(state).slice(2)).toEqual(['3 output', '4 attempt-finished', '5 run-finished']);
  });

  it('tells of those attempts itself, two seconds later', async () => {
    const { log, state } = oneLog();
    log.append(RUN, at.finished(6, SECOND));
    log.append(RUN, finished());
    await vi.advanceTimersByTimeAsync(2200);
    expect(typesOf(state)).toEqual(['1 run-started', '2 attempt-finished', '3 attempt-finished', '4 run-finished']);
    log.append(RUN, at.finished(9, FIRST));
    log.flush();
    expect(typesOf(state)).toHaveLength(4);
  });

  it('is told of from the ledger where the worker died before it was', async () => {
    const { log, state } = oneLog();
    log.append(RUN, at.finished(6, SECOND));
    log.flush();
    for (const end of [FIRST, SECOND]) state.ledger.attemptFinished(RUN, end);
    state.ledger.runEnded(RUN, '2026-07-01T12:00:09.000Z');
    const [one, two] = [0, 2].map((after) => gather(log.follow(RUN, after, never)));
    await vi.advanceTimersByTimeAsync(2300);
    const events = (await one) as NumberedEvent[];
    expect(events.map(({ number, event }) => `${number} ${event.type}`)).toEqual([
      '1 run-started',
      '2 attempt-finished',
      '3 attempt-finished',
      '4 run-finished',
    ]);
    expect(events.at(-1)?.event).toMatchObject({
      result: { runId: RUN, durationMs: 9000, exitCode: 2, running: [], finishedAt: '2026-07-01T12:00:09.000Z' },
    });
    expect(await two).toEqual(events.slice(2));
  });
});
