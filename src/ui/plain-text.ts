import { withoutEscapes } from '../report/text.ts';

/** Control characters but tab and line feed, and the marks that reorder text. */
const HARMFUL = /[^\P{Cc}\t\n]|[\u202A-\u202E\u2066-\u2069]/gu;

/** An output as a terminal would leave it: no escape sequences, and of a line that was written over its last form. */
export function plainText(output: string): string {
  const lines = withoutEscapes(output).replaceAll('\r\n', '\n').split('\n');
  return lines.map(lastForm).join('\n').replace(HARMFUL, '\uFFFD');
}

/** Of a bar that was drawn again and again what stands there in the end. */
function lastForm(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').findLast((form) => form !== '') ?? '';
}
