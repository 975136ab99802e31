import { harmless } from '../text.ts';
import { splitWholeCharacters } from '../utf8.ts';

/** Enough for the last line in a wide terminal. */
const LAST_LINE_BYTES = 1024;

/** The last bytes of what a script says, in a fixed piece of memory: adding to it costs a copy of what is added. */
export class OutputTail {
  readonly #limit: number;
  #ring: Buffer | null = null;
  /** bytes, of all that was said */
  #said = 0;
  #lastLine = '';
  #lastLineOf = 0;

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    // made at the first byte: most instances of a waiting fleet have said nothing
    const ring = (this.#ring ??= Buffer.alloc(this.#limit));
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#limit));
    const copied = kept.copy(ring, (this.#said + chunk.length - kept.length) % this.#limit);
    if (copied < kept.length) kept.copy(ring, 0, copied);
    this.#said += chunk.length;
  }

  /** The last line that is not empty, harmless; '' where there is none. */
  lastLine(): string {
    if (this.#lastLineOf !== this.#said) {
      this.#lastLine = lastOf(this.#textOf(LAST_LINE_BYTES).split(/[\r\n]+/));
      this.#lastLineOf = this.#said;
    }
    return this.#lastLine;
  }

  /** At most so many of the last lines, harmless; of one that is overwritten (a progress bar) what stands there now. */
  lines(count: number): string[] {
    if (count <= 0 || this.#said === 0) return [];
    const lines = this.#textOf(this.#limit).split('\n');
    if (this.#said > this.#limit && lines.length > 1) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count).map((line) => harmless(lastWritten(line)));
  }

  #textOf(bytes: number): string {
    if (this.#ring === null) return '';
    const size = Math.min(bytes, this.#said, this.#limit);
    const end = this.#said % this.#limit;
    const start = end - size;
    const last =
      start >= 0
        ? this.#ring.subarray(start, end)
        : Buffer.concat([this.#ring.subarray(this.#limit + start), this.#ring.subarray(0, end)]);
    return splitWholeCharacters(last).whole.toString('utf8');
  }
}

function lastOf(lines: readonly string[]): string {
  return harmless(lines.findLast((line) => line.trim() !== '') ?? '').trim();
}

function lastWritten(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}
