import { shellQuote } from '../util/shell-quote.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/** What an editor on Windows leaves in a script: it is sent as it is, and one sentence each says what that will do. */
export function scriptWarnings(path: string, text: string, interpreter: readonly string[]): readonly string[] {
  const warnings: string[] = [];
  if (text.startsWith(BYTE_ORDER_MARK)) warnings.push(byteOrderMarkWarning(path, interpreter));
  if (text.includes('\r\n')) warnings.push(lineEndWarning(path, text, interpreter));
  return warnings;
}

function byteOrderMarkWarning(path: string, interpreter: readonly string[]): string {
  return (
    `${path} begins with a byte order mark, which ${interpreter.join(' ')} may take for a part of the first command; ` +
    `remove it with: sed -i '1s/^\\xEF\\xBB\\xBF//' ${shellQuote(path)}`
  );
}

function lineEndWarning(path: string, text: string, interpreter: readonly string[]): string {
  const program = interpreter.join(' ');
  const firstLineToo = /^\uFEFF?#!.*\r\n/.test(text)
    ? `the interpreter line ends in a carriage return, which is left out to run it by ${program}, and `
    : '';
  return (
    `${path} has lines that end in CRLF: ${firstLineToo}a shell takes each carriage return for a part of the command; ` +
    `convert it with: sed -i 's/\\r$//' ${shellQuote(path)}`
  );
}
