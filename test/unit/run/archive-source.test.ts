import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { readlinkSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ArchiveSource, type WriteOptions } from '../../../src/run/archive-source.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const SMALL = 10_000;
const LARGE = 2_500_000;

async function archiveOf(sizeBytes: number): Promise<{ archive: ArchiveSource; bytes: Buffer }> {
  const path = join(tempDir(), 'archive');
  const bytes = randomBytes(sizeBytes);
  writeFileSync(path, bytes);
  return { archive: await ArchiveSource.open({ path, sizeBytes }), bytes };
}

/** A channel that takes so many writes and then none, for want of a window. */
class Sink extends Writable {
  readonly taken: Buffer[] = [];
  readonly #most: number;

  constructor(most = Infinity) {
    super();
    this.#most = most;
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    // once it is taken its buffer may be used again
    this.taken.push(Buffer.from(chunk));
    if (this.taken.length <= this.#most) setImmediate(done);
  }
}

/** What does not matter to a test. */
function options(sink: Sink, more: Partial<WriteOptions> = {}): WriteOptions {
  const signal = new AbortController().signal;
  return { onProgress: () => undefined, onLast: () => undefined, signal, closed: once(sink, 'close'), ...more };
}

/** Files under `folder` that this process has open. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder));
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

describe.each([
  ['small', SMALL],
  ['large', LARGE],
])('a %s archive', (_, size) => {
  test('arrives as it is, any number of times, and its progress is told', async () => {
    const { archive, bytes } = await archiveOf(size);
    for (let time = 1; time <= 2; time += 1) {
      const sink = new Sink();
      const progress: number[] = [];
      const takenAtLast: number[] = [];
      const onProgress = (sent: number): void => void progress.push(sent);
      const onLast = (): void => void takenAtLast.push(Buffer.concat(sink.taken).length);
      await archive.writeTo(sink, options(sink, { onProgress, onLast }));
      expect(Buffer.concat(sink.taken).equals(bytes)).toBe(true);
      expect(progress.at(-1)).toBe(size);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(takenAtLast).toHaveLength(1);
      expect(takenAtLast[0]).toBeLessThan(size);
      expect(sink.writableEnded).toBe(false);
    }
  });

  test('stops where the run is cancelled, and lets go of its file', async () => {
    const { archive } = await archiveOf(size);
    const { signal, abort } = cancelling();
    const reason = new Error('enough');
    const sink = new Sink(0);
    const writing = archive.writeTo(sink, options(sink, { onProgress: fail, signal }));
    setImmediate(() => abort(reason));
    await expect(writing).rejects.toBe(reason);
    expect(openFiles(archive.path)).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is not even begun where it was cancelled before', async () => {
    const { archive } = await archiveOf(size);
    const sink = new Sink();
    const signal = AbortSignal.abort(new Error('before'));
    await expect(archive.writeTo(sink, options(sink, { onProgress: fail, signal }))).rejects.toThrow('before');
    expect(sink.taken).toEqual([]);
  });

  test('ends quietly where the channel is closed in the middle, and lets go of its file', async () => {
    const { archive } = await archiveOf(size);
    const sink = new Sink(0);
    const writing = archive.writeTo(sink, options(sink, { onProgress: fail }));
    setImmediate(() => sink.destroy());
    await writing;
    expect(openFiles(archive.path)).toEqual([]);
  });

  test('ends quietly where the channel was closed before, and forgets what is written to it', async () => {
    const { archive } = await archiveOf(size);
    const sink = new Sink(0);
    await archive.writeTo(sink, options(sink, { onProgress: fail, closed: Promise.resolve() }));
    expect(openFiles(archive.path)).toEqual([]);
  });
});

describe('a large archive', () => {
  test('is announced before its last piece only', async () => {
    const { archive } = await archiveOf(LARGE);
    const sink = new Sink(1);
    const { signal, abort } = cancelling();
    let announced = false;
    const writing = archive.writeTo(sink, options(sink, { onLast: () => (announced = true), signal }));
    await waitFor('the second piece', () => sink.taken.length === 2);
    abort(new Error('stop'));
    await expect(writing).rejects.toThrow('stop');
    expect(announced).toBe(false);
  });

  test('that shrinks on disk is an error', async () => {
    const { archive } = await archiveOf(LARGE);
    truncateSync(archive.path, 100);
    const sink = new Sink();
    await expect(archive.writeTo(sink, options(sink))).rejects.toThrow(
      new Error(`${archive.path} became shorter while it was sent`),
    );
  });
});

function cancelling(): { signal: AbortSignal; abort: (reason: Error) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function fail(): never {
  throw new Error('nothing was taken');
}

test('memory does not grow with the size of an archive', async () => {
  const { archive } = await archiveOf(64 * 1024 * 1024);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  await archive.writeTo(nowhere, {
    onProgress: () => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    },
    onLast: () => undefined,
    signal: new AbortController().signal,
    closed: once(nowhere, 'close'),
  });
  expect(most).toBeLessThan(4 * 1024 * 1024);
});
