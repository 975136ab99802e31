import { usageError } from '../model/errors.ts';

/**
 * Reads `key=value` words; of two with the same key the later one counts.
 * @throws SpotError `bad-tag` (exit 64)
 */
export function parseTags(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(words.map(parseTag));
}

/** `role=db tier=1` */
export function formatTags(tags: Readonly<Record<string, string>>): string {
  const words = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return words.join(' ');
}

function parseTag(word: string): [key: string, value: string] {
  const middle = word.indexOf('=');
  if (middle > 0) return [word.slice(0, middle), word.slice(middle + 1)];
  throw usageError('bad-tag', `cannot read the tag '${word}'; write --tag key=value`);
}
