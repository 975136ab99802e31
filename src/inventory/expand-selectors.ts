import { usageError } from '../model/errors.ts';
import { reasonOf } from '../util/system-error.ts';

export interface SelectorSource {
  /** the flag that the words were given with, for messages; null for the words of a command itself */
  readonly flag: string | null;
  /** gives the text of a file, throws where it cannot */
  readonly readFile: (path: string) => string;
}

/**
 * Turns what was given with `--limit` or `--exclude` into single words: splits at commas and replaces `@file` by the
 * words in that file, where blank lines and lines that begin with `#` do not count.
 * Something that holds no word is refused: an empty `--limit "$HOSTS"` must not come to mean the whole fleet.
 * @throws SpotError `empty-selector`, `selector-file` (exit 64)
 */
export function expandSelectors(selectors: readonly string[], { flag, readFile }: SelectorSource): string[] {
  return selectors.flatMap((selector) => {
    const words = splitWords(selector);
    if (words.length === 0) throw usageError('empty-selector', emptySelector(selector, flag));
    return words.flatMap((word) => (word.startsWith('@') ? readWords(word.slice(1), readFile) : [word]));
  });
}

function splitWords(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function emptySelector(selector: string, flag: string | null): string {
  const advice = 'name ids, names, addresses, globs, key=value or @file';
  if (flag === null) return `'${selector}' selects nothing; ${advice}`;
  return `${flag} '${selector}' selects nothing; ${advice}, or leave the flag out`;
}

function readWords(path: string, readFile: (path: string) => string): string[] {
  const lines = readLines(path, readFile).map((line) => line.trim());
  const words = lines.filter((line) => !line.startsWith('#')).flatMap(splitWords);
  if (words.length === 0) throw usageError('empty-selector', `the file ${path} names no instance; write one a line`);
  const nested = words.find((word) => word.startsWith('@'));
  if (nested === undefined) return words;
  throw usageError('selector-file', `the file ${path} holds ${nested}; such a file cannot name another one`);
}

function readLines(path: string, readFile: (path: string) => string): string[] {
  try {
    return readFile(path).split(/\r?\n/);
  } catch (error) {
    const message = `cannot read the file of @${path} (${reasonOf(error)}); check the path`;
    throw usageError('selector-file', message, error);
  }
}
