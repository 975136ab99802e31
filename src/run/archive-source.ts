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
  /** settles when the channel is closed */
  readonly closed: Promise<unknown>;
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
    if (await written(to, this.#bytes, options)) options.onProgress(this.#size);
  }

  async #writeFromDisk(to: Writable, options: WriteOptions): Promise<void> {
    const file = await open(this.path);
    try {
      for (let sent = 0; sent < this.#size;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_SIZE), 0, READ_SIZE, sent);
        if (bytesRead === 0) throw new Error(`${this.path} became shorter while it was sent`);
        sent += bytesRead;
        if (sent >= this.#size) options.onLast();
        if (!(await written(to, buffer.subarray(0, bytesRead), options))) return;
        options.onProgress(sent);
      }
    } finally {
      await file.close();
    }
  }
}

/**
 * Settles when the bytes have gone to the channel's window: the far side sets the pace.
 * @returns false where the channel is closed: ssh2 forgets the callbacks of its writes then
 */
function written(to: Writable, bytes: Buffer, { signal, closed }: WriteOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (accepted: boolean): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(accepted);
    };
    void closed.then(() => settle(false));
    to.write(bytes, (error) => settle(!error));
  });
}
