import { messageOf, usageError } from '../model/errors.ts';

/**
 * Turns what was given with `--limit` or `--exclude` into single words: splits at commas and replaces `@file` by the
 * words in that file, where blank lines and lines that begin with `#` do not count.
 * Something that holds no word is refused: an empty `--limit "$HOSTS"` must not come to mean the whole fleet.
 * @param readFile gives the text of a file, throws where it cannot
 * @throws SpotError `empty-selector`, `selector-file` (exit 64)
 */
export function expandSelectors(selectors: readonly string[], readFile: (path: string) => string): string[] {
  return selectors.flatMap((selector) => {
    const words = splitWords(selector);
    if (words.length === 0) throw usageError('empty-selector', emptySelector(selector));
    return words.flatMap((word) => (word.startsWith('@') ? readWords(word.slice(1), readFile) : [word]));
  });
}

function splitWords(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function emptySelector(selector: string): string {
  return `'${selector}' selects nothing; name ids, names, addresses, globs, key=value or @file, or leave the flag out`;
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
    const message = `cannot read the file of @${path} (${messageOf(error)}); check the path`;
    throw usageError('selector-file', message, error);
  }
}
