import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MAX_OUTPUT_BYTES } from '../../../src/service/events/thinning.ts';
import { openState } from '../../../src/state/state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { at } from '../report/events.ts';
import { documentsOf, FIRST, oneLog, RUN, started, typesOf } from './event-logs.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the log of events', () => {
  it('writes a batch after 100 ms, and at once where it is large', async () => {
    const { state, log } = oneLog();
    log.append(RUN, started);
    log.append(RUN, at.notice(1, null, 'hello'));
    await vi.advanceTimersByTimeAsync(99);
    expect(typesOf(state)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(typesOf(state)).toEqual(['1 run-started', '2 notice']);
    log.append(RUN, at.output(2, 'i-1', 'x'.repeat(64 * 1024)));
    expect(typesOf(state)).toEqual(['1 run-started', '2 notice', '3 output']);
  });

  it('has what was appended when it is flushed, in the order of the calls', () => {
    const { state, log } = oneLog();
    log.append(RUN, started);
    log.append(RUN, at.attemptStarted(1, 'i-1'));
    log.append(RUN, at.notice(2, 'i-2', 'late'));
    log.append(RUN, at.step(3, 'i-1', 'connect'));
    log.flush();
    expect(typesOf(state)).toEqual(['1 run-started', '2 attempt-started', '3 notice', '4 step-started']);
  });

  it('begins with what the ledger knows where the worker was faster than whoever began the run', () => {
    const { state, log } = oneLog();
    log.append(RUN, at.attemptStarted(1, 'i-1'));
    log.flush();
    log.append(RUN, started);
    log.flush();
    expect(typesOf(state)).toEqual(['1 run-started', '2 attempt-started']);
    expect(documentsOf(state)[0]).toMatchObject({
      run_id: RUN,
      mode: 'run',
      payload: { name: 'deploy', digest: 'ab12', size_bytes: 4096, files: 0 },
      instances: [{ instance_id: 'i-1', name: null, address: '10.0.0.1' }, { instance_id: 'i-2' }],
    });
  });

  it('leaves out events of a run that is not on record', () => {
    const { state, log, problems } = oneLog();
    log.append('r-other', at.notice(1, null, 'hello'));
    log.append(RUN, started);
    log.flush();
    expect(state.runEvents.read('r-other', 0, 10)).toEqual([]);
    expect(typesOf(state)).toEqual(['1 run-started']);
    expect(problems).toEqual([]);
  });

  it('keeps what cannot be written, says so, and writes it later', async () => {
    const { state, log, problems, folder } = oneLog();
    const other = openState(folder, { clock: systemClock });
    onTestFinished(() => other.close());
    const append = vi.spyOn(state.runEvents, 'append').mockImplementationOnce(() => {
      throw new Error('disk full');
    });
    log.append(RUN, started);
    await vi.advanceTimersByTimeAsync(100);
    expect(problems).toHaveLength(1);
    log.append(RUN, at.notice(1, null, 'hello'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(append).toHaveBeenCalledTimes(2);
    expect(typesOf(other)).toEqual(['1 run-started', '2 notice']);
  });
});

describe('what is kept of output', () => {
  it('puts pieces together, and characters that were cut', () => {
    const { state, log } = oneLog();
    const bytes = Buffer.from('grün 🚀\n');
    log.append(RUN, started);
    for (const byte of bytes) log.append(RUN, at.output(1, 'i-1', Buffer.from([byte])));
    log.append(RUN, at.output(2, 'i-1', Buffer.from([0xf0, 0x9f]), 'stderr'));
    log.append(RUN, at.finished(3, FIRST));
    log.flush();
    const outputs = documentsOf(state).filter(({ type }) => type === 'output');
    expect(outputs).toMatchObject([
      { stream: 'stdout', text: 'grün 🚀\n' },
      { stream: 'stderr', base64: '8J8=' },
    ]);
  });

  it('ends at 16 MiB of an attempt, and says so once', () => {
    const { state, log } = oneLog();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    log.append(RUN, started);
    for (let count = 0; count < 20; count += 1) log.append(RUN, at.output(count, 'i-1', chunk));
    log.append(RUN, at.output(30, 'i-2', 'whole\n'));
    log.append(RUN, at.finished(31, FIRST));
    log.flush();
    const documents = documentsOf(state);
    const lengthOf = (id: string): number =>
      documents.reduce(
        (sum, one) => sum + (one.type === 'output' && one.instance_id === id ? (one.text ?? '').length : 0),
        0,
      );
    expect([lengthOf('i-1'), lengthOf('i-2')]).toEqual([MAX_OUTPUT_BYTES, 'whole\n'.length]);
    expect(documents.filter(({ type }) => type === 'notice')).toMatchObject([
      {
        instance_id: 'i-1',
        message: 'it has said more than 16 MiB; what comes now is in the logs of the run alone',
      },
    ]);
  });
});

describe('what is kept of progress', () => {
  it('is five events a second, and the last one of a step', () => {
    const { state, log } = oneLog();
    log.append(RUN, started);
    for (let ms = 0; ms < 1000; ms += 10) log.append(RUN, at.uploaded(ms, 'i-1', ms + 1, 10_000));
    log.append(RUN, at.step(1000, 'i-1', 'execute'));
    log.flush();
    const kept = documentsOf(state).flatMap((one) => (one.type === 'progress' ? [one.bytes] : []));
    expect(kept).toEqual([1, 201, 401, 601, 801, 991]);
  });
});
