import { StringDecoder } from 'node:string_decoder';
import { harmless } from './text.ts';

/** Characters of a line that are shown; bounds the memory that a program without line ends can take. */
export const MAX_LINE_CHARS = 4096;
export const CUT_MARK = ' … (long line; all of it is in the log)';

/**
 * Turns chunks of a script's output into whole lines that are safe to print. Chunks may be cut anywhere, within a
 * character too. Of a line that is overwritten by carriage returns (a progress bar) the last state is kept.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #partial = '';
  /** the line was cut: what comes before the next line end is dropped */
  #isDropping = false;

  push(chunk: Buffer): string[] {
    return this.#split(this.#decoder.write(chunk));
  }

  /** The last line, if it had no line end. */
  end(): string[] {
    const lines = this.#split(this.#decoder.end());
    const last = this.#partial;
    this.#partial = '';
    return last === '' ? lines : [...lines, showLine(last)];
  }

  #split(text: string): string[] {
    const parts = (this.#partial + this.#dropCut(text)).split('\n');
    this.#partial = lastWritten(parts.pop() as string);
    const lines = parts.map(showLine);
    if (this.#partial.length > MAX_LINE_CHARS) {
      lines.push(showLine(this.#partial));
      this.#partial = '';
      this.#isDropping = true;
    }
    return lines;
  }

  #dropCut(text: string): string {
    if (!this.#isDropping) return text;
    const lineEnd = text.indexOf('\n');
    if (lineEnd === -1) return '';
    this.#isDropping = false;
    return text.slice(lineEnd + 1);
  }
}

/** What stands on the line after its carriage returns; one at the very end may yet turn out to be part of CRLF. */
function lastWritten(line: string): string {
  return line.slice(line.lastIndexOf('\r', line.length - 2) + 1);
}

function showLine(line: string): string {
  const text = lastWritten(line.replace(/\r+$/, ''));
  return text.length <= MAX_LINE_CHARS ? harmless(text) : harmless(text.slice(0, MAX_LINE_CHARS)) + CUT_MARK;
}
