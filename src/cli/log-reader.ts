import { closeSync, openSync, readSync } from 'node:fs';
import { inputError } from '../model/errors.ts';
import type { Writer } from '../report/writer.ts';
import { reasonOf } from '../util/system-error.ts';
import type { LogView } from './log-view.ts';

/** One read, bytes. */
const BLOCK_BYTES = 256 * 1024;

/** Reads a log from its beginning, and on from where it was when more has come. */
export class LogReader {
  readonly #path: string;
  readonly #mustExist: boolean;
  #fd: number | null = null;
  #offset = 0;

  /** @param mustExist the state file says that there is something in it */
  constructor(path: string, mustExist: boolean) {
    this.#path = path;
    this.#mustExist = mustExist;
  }

  /**
   * Shows what has come since the last time, unless nobody reads it any more.
   * @throws SpotError (exit 66) where the file cannot be read
   */
  readTo(view: LogView, writer: Writer): void {
    const fd = this.#open();
    if (fd === null) return;
    for (;;) {
      // a new one each time: a pipe may not have taken the one before
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      const length = readSync(fd, block, 0, block.length, this.#offset);
      if (length === 0 || writer.isBroken === true) return;
      this.#offset += length;
      view.push(block.subarray(0, length));
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** @returns null where there is nothing yet */
  #open(): number | null {
    try {
      this.#fd ??= openSync(this.#path, 'r');
      return this.#fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !this.#mustExist) return null;
      throw inputError('log-unreadable', `the output ${this.#path} cannot be read (${reasonOf(error)})`, error);
    }
  }
}
