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

/** The tag that holds the groups of an inventory file, with commas in between. */
export const GROUP_TAG = 'group';

/** The groups that tags tell of. */
export function groupsOf(tags: Readonly<Record<string, string>>): string[] {
  const value = Object.hasOwn(tags, GROUP_TAG) ? (tags[GROUP_TAG] ?? '') : '';
  return value.split(',').filter((group) => group !== '');
}

function parseTag(word: string): [key: string, value: string] {
  const middle = word.indexOf('=');
  if (middle > 0) return [word.slice(0, middle), word.slice(middle + 1)];
  throw usageError('bad-tag', `cannot read the tag '${word}'; write --tag key=value`);
}
