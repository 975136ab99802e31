import type { Readable } from 'node:stream';
import { withDeadline } from '../../util/deadline.ts';

export interface Patience {
  /** how long nothing may come, ms */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Reads a stream piece by piece; holds no more of it than what is asked for and one chunk. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  readonly #patience: Patience;
  #left: Buffer = Buffer.alloc(0);

  constructor(stream: Readable, patience: Patience) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    this.#patience = patience;
  }

  /**
   * What comes before the next separator, which is taken out of the stream, too; at the end of the stream the rest of it.
   * @throws DeadlineError, the signal's reason, or Error where more than `most` bytes come without one
   */
  async until(separator: Buffer, most: number): Promise<{ readonly bytes: Buffer; readonly ended: boolean }> {
    for (let from = 0; ;) {
      const at = this.#left.indexOf(separator, from);
      if (at !== -1) {
        const bytes = this.#left.subarray(0, at);
        this.#left = this.#left.subarray(at + separator.byteLength);
        return { bytes, ended: false };
      }
      if (this.#left.byteLength > most) throw new Error(`the instance says more than ${most} bytes at once`);
      from = Math.max(0, this.#left.byteLength - separator.byteLength + 1);
      const chunk = await this.#next();
      if (chunk === null) {
        const bytes = this.#left;
        this.#left = Buffer.alloc(0);
        return { bytes, ended: true };
      }
      this.#left = Buffer.concat([this.#left, chunk]);
    }
  }

  /**
   * The next `size` bytes, in pieces as they come; fewer where the stream ends.
   * @throws DeadlineError, or the signal's reason
   */
  async *take(size: number): AsyncGenerator<Buffer, void, undefined> {
    for (let missing = size; missing > 0;) {
      const chunk = this.#left.byteLength > 0 ? this.#left : await this.#next();
      if (chunk === null) return;
      const part = chunk.subarray(0, missing);
      this.#left = chunk.subarray(part.byteLength);
      missing -= part.byteLength;
      yield part;
    }
  }

  async #next(): Promise<Buffer | null> {
    const { silenceMs, signal } = this.#patience;
    const { value } = await withDeadline(signal, silenceMs, (deadline) => deadline.race(this.#chunks.next()));
    return value ?? null;
  }
}
