import { shellQuote } from '../util/shell-quote.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** What an editor on Windows leaves in a script. */
export interface ScriptFlaw {
  readonly code: 'byte-order-mark' | 'crlf';
  /** what it will do, and how to mend it; without the path in front */
  readonly message: string;
}

/** A script is sent as it is: what will come of that. */
export function scriptFlaws(path: string, text: string, interpreter: readonly string[]): readonly ScriptFlaw[] {
  const flaws: ScriptFlaw[] = [];
  if (text.startsWith(BYTE_ORDER_MARK))
    flaws.push({ code: 'byte-order-mark', message: markMessage(path, interpreter) });
  if (text.includes('\r\n')) flaws.push({ code: 'crlf', message: lineEndMessage(path, text, interpreter) });
  return flaws;
}

function markMessage(path: string, interpreter: readonly string[]): string {
  return (
    `begins with a byte order mark, which ${interpreter.join(' ')} may take for a part of the first command; ` +
    `remove it with: sed -i '1s/^\\xEF\\xBB\\xBF//' ${shellQuote(path)}`
  );
}

function lineEndMessage(path: string, text: string, interpreter: readonly string[]): string {
  const program = interpreter.join(' ');
  const firstLineToo = /^\uFEFF?#!.*\r\n/.test(text)
    ? `the interpreter line ends in a carriage return, which is left out to run it by ${program}, and `
    : '';
  return (
    `has lines that end in CRLF: ${firstLineToo}a shell takes each carriage return for a part of the command; ` +
    `convert it with: sed -i 's/\\r$//' ${shellQuote(path)}`
  );
}
