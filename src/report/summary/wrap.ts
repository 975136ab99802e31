import { displayWidth, withoutEscapes } from '../text.ts';

const SEPARATOR = ' · ';

/**
 * Puts parts side by side, on as many lines as it takes; no part is broken.
 * @param columns of the terminal; undefined or 0: one line
 * @returns the lines, each ended by a line break
 */
export function wrapParts(parts: readonly string[], columns: number | undefined, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : line + SEPARATOR + part;
    const width = displayWidth(withoutEscapes(longer)) + (lines.length === 0 ? 0 : indent.length);
    if (line !== '' && columns && width > columns) {
      lines.push(line);
      line = part;
    } else line = longer;
  }
  if (line !== '') lines.push(line);
  return lines.map((text, index) => `${index === 0 ? '' : indent}${text}\n`).join('');
}
