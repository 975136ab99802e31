import type { Paint } from './painter.ts';

const ESC = '\u001B';
/** ECMA-48: what `ESC [` begins, strings up to their terminator or BEL, then all the short ones. */
const ESCAPE_SEQUENCE = new RegExp(
  [
    `(?:${ESC}\\[|\u009B)[0-?]*[ -/]*[@-~]`,
    `(?:${ESC}[\\]PX^_]|[\u009D\u0090])[^\u0007${ESC}\u009C]*(?:\u0007|${ESC}\\\\|\u009C)`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);
/** Control characters but tab, line separators, and the marks that reorder text on screen. */
const HARMFUL = /[^\P{Cc}\t]|[\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu;
const ONLY_PRINTABLE_ASCII = /^[ -~]*$/;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** Wide and fullwidth of Unicode's EastAsianWidth.txt, by block, and everything that is drawn as an emoji. */
const WIDE = new RegExp(
  '[\\u1100-\\u115F\\u2329\\u232A\\u2630-\\u2637\\u268A-\\u268F\\u2E80-\\u303E\\u3041-\\uA4CF' +
    '\\uA960-\\uA97F\\uAC00-\\uD7A3\\uF900-\\uFAFF\\uFE10-\\uFE19\\uFE30-\\uFE6F\\uFF01-\\uFF60\\uFFE0-\\uFFE6' +
    '\\u{16FE0}-\\u{18DFF}\\u{1AFF0}-\\u{1B2FF}\\u{1D300}-\\u{1D376}\\u{20000}-\\u{3FFFD}]|\\p{Emoji_Presentation}',
  'u',
);
/** Asks for the emoji form of the character before it, which some terminals then draw two columns wide. */
const EMOJI_SELECTOR = '\uFE0F';

/** Makes text of unknown origin safe to show on one line: escape sequences are gone, control characters are `�`. */
export function harmless(text: string): string {
  if (ONLY_PRINTABLE_ASCII.test(text)) return text;
  return withoutEscapes(text).replace(HARMFUL, '\uFFFD');
}

/** Takes the escape sequences out of a text and leaves the rest of it. */
export function withoutEscapes(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '');
}

/** Columns that harmless text takes in a terminal; where terminals disagree, the larger number. */
export function displayWidth(text: string): number {
  if (ONLY_PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (character === EMOJI_SELECTOR) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Shortens harmless text to at most `columns`; `…` stands where something was cut. Tabs become spaces. */
export function cutToWidth(text: string, columns: number): string {
  const flat = text.replaceAll('\t', ' ');
  if (displayWidth(flat) <= columns) return flat;
  if (columns <= 0) return '';
  let kept = '';
  let width = 0;
  for (const character of flat) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Fills harmless text with spaces up to `columns`. */
export function padToWidth(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** Breaks harmless text into lines of at most `columns`, between words where it can. */
export function wrapToWidth(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((part) => breakWord(part, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= columns) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function breakWord(word: string, columns: number): string[] {
  if (displayWidth(word) <= columns) return [word];
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && displayWidth(part + character) > columns) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}

/** A piece of a line and how it is painted. */
export type Span = readonly [text: string, paint?: Paint];

/** Puts pieces side by side, cut to `columns` in all, then painted. */
export function renderSpans(spans: readonly Span[], columns: number): string {
  let line = '';
  let left = columns;
  for (const [text, paint] of spans) {
    if (left <= 0) break;
    const shown = cutToWidth(text, left);
    line += paint === undefined ? shown : paint(shown);
    left -= displayWidth(text);
  }
  return line;
}
