import { LineSplitter } from '../report/line-splitter.ts';
import type { Writer } from '../report/writer.ts';

/** Shows one output that comes in pieces. */
export interface LogView {
  push(bytes: Buffer): void;
  /** nothing more comes */
  end(): void;
}

/** Of a line without end so much is held back until it is cut, bytes. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * What a terminal gets is safe to show. A pipe gets every byte, with the prefix in front of each line where there is one.
 * @param prefix of the instance, or null where it is the only one
 */
export function createLogView(writer: Writer, prefix: string | null): LogView {
  if (writer.isTTY === true) return terminalView(writer, prefix === null ? '' : `${prefix} | `);
  if (prefix !== null) return prefixedView(writer, Buffer.from(`${prefix} | `));
  return { push: (bytes) => writer.write(bytes), end: () => undefined };
}

function terminalView(writer: Writer, prefix: string): LogView {
  const splitter = new LineSplitter();
  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) writer.write(lines.map((line) => `${prefix}${line}\n`).join(''));
  };
  return { push: (bytes) => write(splitter.push(bytes)), end: () => write(splitter.end()) };
}

/** Whole lines only, as several instances take turns. */
function prefixedView(writer: Writer, prefix: Buffer): LogView {
  let partial: Buffer = Buffer.alloc(0);
  const flush = (pieces: readonly Buffer[]): void => {
    if (pieces.length > 0) writer.write(Buffer.concat(pieces));
  };
  return {
    push(bytes) {
      const pieces: Buffer[] = [];
      let begin = 0;
      for (let end = bytes.indexOf(LINE_END); end !== -1; end = bytes.indexOf(LINE_END, begin)) {
        pieces.push(prefix, partial, bytes.subarray(begin, end + 1));
        partial = Buffer.alloc(0);
        begin = end + 1;
      }
      partial = Buffer.concat([partial, bytes.subarray(begin)]);
      if (partial.length >= MAX_LINE_BYTES) {
        pieces.push(prefix, partial, NEW_LINE);
        partial = Buffer.alloc(0);
      }
      flush(pieces);
    },
    end() {
      if (partial.length > 0) flush([prefix, partial, NEW_LINE]);
    },
  };
}

const LINE_END = 0x0a;
const NEW_LINE = Buffer.from('\n');
