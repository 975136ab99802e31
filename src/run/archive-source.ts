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
  /** bytes */
  readonly size: number;
  readonly #bytes: Buffer | null;

  private constructor(path: string, size: number, bytes: Buffer | null) {
    this.path = path;
    this.size = size;
    this.#bytes = bytes;
  }

  static async open({ path, sizeBytes }: Pick<Payload, 'path' | 'sizeBytes'>): Promise<ArchiveSource> {
    return new ArchiveSource(path, sizeBytes, sizeBytes <= IN_MEMORY_LIMIT ? await readFile(path) : null);
  }

  /**
   * Writes the archive to `to` and leaves that open. Where the far side closes it in the middle the rest stays here: why,
   * the far side has said.
   * @throws the read error, or the signal's reason
   */
  async writeTo(to: Writable, options: WriteOptions): Promise<void> {
    const outlet = new Outlet(to, options);
    try {
      await (this.#bytes === null
        ? this.#writeFromDisk(outlet, options)
        : this.#writeAtOnce(outlet, this.#bytes, options));
    } finally {
      outlet.release();
    }
  }

  async #writeAtOnce(outlet: Outlet, bytes: Buffer, { onLast, onProgress }: WriteOptions): Promise<void> {
    onLast();
    if (await outlet.write(bytes)) onProgress(this.size);
  }

  /** Reads a piece while the one before is written, into two buffers in turn. */
  async #writeFromDisk(outlet: Outlet, { onLast, onProgress }: WriteOptions): Promise<void> {
    const file = await open(this.path);
    try {
      const buffers = [Buffer.allocUnsafeSlow(READ_SIZE), Buffer.allocUnsafeSlow(READ_SIZE)] as const;
      const read = async (turn: number, position: number): Promise<Buffer> => {
        const buffer = buffers[turn % 2 === 0 ? 0 : 1];
        const { bytesRead } = await file.read(buffer, 0, READ_SIZE, position);
        if (bytesRead === 0) throw new Error(`${this.path} became shorter while it was sent`);
        return buffer.subarray(0, bytesRead);
      };
      let piece = await read(0, 0);
      for (let turn = 1, sent = piece.length; ; turn += 1) {
        const isLast = sent >= this.size;
        if (isLast) onLast();
        const [accepted, next] = await Promise.all([outlet.write(piece), isLast ? piece : read(turn, sent)]);
        if (!accepted) return;
        onProgress(sent);
        if (isLast) return;
        piece = next;
        sent += piece.length;
      }
    } finally {
      await file.close();
    }
  }
}

/** The writing end of a channel for the time of one transfer. */
class Outlet {
  readonly #to: Writable;
  readonly #signal: AbortSignal;
  #isClosed = false;
  #pending: { resolve(accepted: boolean): void; reject(reason: Error): void } | null = null;

  /** Listens once for all pieces: a listener for each would hold on to every piece until the channel closes. */
  constructor(to: Writable, { signal, closed }: WriteOptions) {
    this.#to = to;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    void closed.then(() => {
      this.#isClosed = true;
      this.#pending?.resolve(false);
    });
  }

  /**
   * Settles when the bytes have gone to the channel's window, and their buffer may be used again: the far side sets the
   * pace. One piece at a time.
   * @returns false where the channel is closed: ssh2 forgets the callbacks of its writes then
   */
  write(bytes: Buffer): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      if (this.#signal.aborted) this.#onAbort();
      else if (this.#isClosed) resolve(false);
      else this.#to.write(bytes, (error) => resolve(!error));
    });
  }

  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#pending = null;
  }

  readonly #onAbort = (): void => this.#pending?.reject(this.#signal.reason as Error);
}
