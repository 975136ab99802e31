import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { OutputStream } from '../../../src/report/writer.ts';
import { BatchWriter, streamWriter } from '../../../src/report/writer.ts';
import { aWriter } from './events.ts';

class FakeStream extends EventEmitter implements OutputStream {
  columns = 80;
  rows = 24;
  isTTY = true;
  readonly writes: string[] = [];
  refusal: NodeJS.ErrnoException | null = null;

  write(text: string): void {
    if (this.refusal !== null) throw this.refusal;
    this.writes.push(text);
  }
}

function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`write ${code}`), { code });
}

describe('writing to a stream of the process', () => {
  it('is silent after the reader has gone, which is no error', () => {
    const stream = new FakeStream();
    const errors: Error[] = [];
    const writer = streamWriter(stream, (error) => errors.push(error));
    writer.write('a');
    stream.emit('error', errno('EPIPE'));
    writer.write('b');
    expect(stream.writes).toEqual(['a']);
    expect(errors).toEqual([]);
  });

  it('tells of a full disk once', () => {
    const stream = new FakeStream();
    const errors: string[] = [];
    const writer = streamWriter(stream, (error) => errors.push(error.message));
    stream.refusal = errno('ENOSPC');
    writer.write('a');
    writer.write('b');
    stream.emit('error', errno('ENOSPC'));
    expect(errors).toEqual(['write ENOSPC']);
  });

  it('shows the size that the terminal has now', () => {
    const stream = new FakeStream();
    const writer = streamWriter(stream, () => {});
    stream.columns = 40;
    stream.rows = 10;
    expect([writer.columns, writer.rows, writer.isTTY]).toEqual([40, 10, true]);
  });
});

describe('batched writing', () => {
  it('makes one write of one turn of the event loop', async () => {
    const sink = aWriter();
    const batch = new BatchWriter(sink);
    batch.write('a\n');
    batch.write('b\n');
    expect(sink.writes).toEqual([]);
    await Promise.resolve();
    expect(sink.writes).toEqual(['a\nb\n']);
  });

  it('does not let a flood pile up', () => {
    const sink = aWriter();
    const batch = new BatchWriter(sink);
    for (let i = 0; i < 100; i += 1) batch.write('x'.repeat(1024));
    expect(sink.text().length).toBe(64 * 1024);
    batch.flush();
    expect(sink.text().length).toBe(100 * 1024);
  });
});
