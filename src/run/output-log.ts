import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { OutputFile } from '../model/attempt.ts';
import { TailBuffer } from '../util/tail-buffer.ts';

/** How much of an output's end is kept for the screen, bytes. */
const TAIL_BYTES = 4096;

/**
 * One output of one script on disk; the file is made with the first byte. Bytes are written where they belong, so that
 * the same ones may come twice (a link that was taken up again) and the file is still the same.
 */
export class OutputLog {
  readonly #path: string;
  readonly #tail = new TailBuffer(TAIL_BYTES);
  readonly #flags: number;
  #fd: number | null = null;
  #bytes = 0;
  #failure: Error | null = null;

  /**
   * @param path absolute
   * @param keep go on behind what is in the file already
   */
  constructor(path: string, keep = false) {
    this.#path = path;
    // another client of a run that was left may have begun the file a moment ago
    this.#flags = constants.O_WRONLY | constants.O_CREAT | (keep ? 0 : constants.O_TRUNC);
    if (keep) this.#takeUp();
  }

  /** bytes received: where a resumed stream goes on */
  get bytes(): number {
    return this.#bytes;
  }

  /** why the file on disk is not whole, or null */
  get failure(): Error | null {
    return this.#failure;
  }

  /** @returns what is new in the chunk, or null */
  write(offset: number, chunk: Buffer): Buffer | null {
    if (offset > this.#bytes) throw new Error(`output jumps from byte ${this.#bytes} to ${offset}`);
    const fresh = chunk.subarray(this.#bytes - offset);
    if (fresh.byteLength === 0) return null;
    this.#save(fresh);
    this.#tail.push(fresh);
    this.#bytes += fresh.byteLength;
    return fresh;
  }

  close(): OutputFile {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    if (this.#bytes === 0) return NO_OUTPUT;
    return { path: this.#path, bytes: this.#bytes, tail: this.#tail.text() };
  }

  /** An earlier client wrote in order, so what is there is a beginning without gaps. */
  #takeUp(): void {
    try {
      this.#fd = openSync(this.#path, 'r+', 0o600);
      this.#bytes = fstatSync(this.#fd).size;
      this.#tail.push(readEnd(this.#fd, this.#bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#failure = error as Error;
    }
  }

  #save(bytes: Buffer): void {
    if (this.#failure !== null) return;
    try {
      this.#fd ??= openSync(this.#path, this.#flags, 0o600);
      for (let at = 0; at < bytes.byteLength;) {
        at += writeSync(this.#fd, bytes, at, bytes.byteLength - at, this.#bytes + at);
      }
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}

/** Of a script that was never started, or said nothing. */
export const NO_OUTPUT: OutputFile = { path: null, bytes: 0, tail: '' };

/** The last bytes of an output on disk as text; empty where the file is gone. */
export function tailOf(path: string): string {
  const tail = new TailBuffer(TAIL_BYTES);
  try {
    const fd = openSync(path, 'r');
    tail.push(readEnd(fd, fstatSync(fd).size));
    closeSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return tail.text();
}

function readEnd(fd: number, size: number): Buffer {
  const end = Buffer.alloc(Math.min(size, TAIL_BYTES + 1));
  readSync(fd, end, 0, end.byteLength, size - end.byteLength);
  return end;
}
