import { open, readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { Payload } from '../model/payload.ts';

/** Archives up to this size are kept in memory once for all instances; larger ones are read from disk for each, bytes. */
const IN_MEMORY_LIMIT = 1024 * 1024;
/** One read from disk, bytes: what ssh2 puts into a handful of packets. */
const READ_SIZE = 256 * 1024;

export interface WriteOptions {
  /** told the bytes accepted so far */
  readonly onProgress: (bytes: number) => void;
  /** called just before the last piece goes */
  readonly onLast: () => void;
  readonly signal: AbortSignal;
}

/** The archive of a run, sent any number of times; memory does not grow with instances times size. */
export class ArchiveSource {
  readonly path: string;
  readonly #size: number;
  readonly #bytes: Buffer | null;

  private constructor(path: string, size: number, bytes: Buffer | null) {
    this.path = path;
    this.#size = size;
    this.#bytes = bytes;
  }

  static async open({ path, sizeBytes }: Payload): Promise<ArchiveSource> {
    return new ArchiveSource(path, sizeBytes, sizeBytes <= IN_MEMORY_LIMIT ? await readFile(path) : null);
  }

  /**
   * Writes the archive to `to` and leaves that open. Where the far side closes it in the middle the rest stays here: why,
   * the far side has said.
   * @throws the read error, or the signal's reason
   */
  async writeTo(to: Writable, options: WriteOptions): Promise<void> {
    if (this.#bytes === null) return this.#writeFromDisk(to, options);
    options.onLast();
    if (await written(to, this.#bytes, options.signal)) options.onProgress(this.#size);
  }

  async #writeFromDisk(to: Writable, { onProgress, onLast, signal }: WriteOptions): Promise<void> {
    const file = await open(this.path);
    try {
      for (let sent = 0; sent < this.#size;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_SIZE), 0, READ_SIZE, sent);
        if (bytesRead === 0) throw new Error(`${this.path} became shorter while it was sent`);
        sent += bytesRead;
        if (sent >= this.#size) onLast();
        if (!(await written(to, buffer.subarray(0, bytesRead), signal))) return;
        onProgress(sent);
      }
    } finally {
      await file.close();
    }
  }
}

/**
 * Settles when the bytes have gone to the channel's window: the far side sets the pace.
 * @returns false where the channel is closed
 */
function written(to: Writable, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      to.removeListener('close', onClose);
      act();
    };
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    // ssh2 forgets the callback of a write that no window is left for
    const onClose = (): void => settle(() => resolve(false));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    to.once('close', onClose);
    to.write(bytes, (error) => settle(() => resolve(!error)));
  });
}
