/** What is looked at when one filters: words that anything may match, and values by their names. */
export interface Filtered {
  /** in small letters */
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Whether all words of a filter are met: `web`, `role=db`, `-failed`. A word is met by whatever contains it; one with a
 * minus by whatever does not.
 */
export function matches(filter: string, { words, values }: Filtered): boolean {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
    .every((word) => (word.startsWith('-') ? !isMet(word.slice(1), words, values) : isMet(word, words, values)));
}

function isMet(word: string, words: Filtered['words'], values: Filtered['values']): boolean {
  const [name = '', value] = word.split(/=(.*)/s);
  if (value !== undefined && value !== '') return (values[name] ?? '').toLowerCase().includes(value);
  return words.some((each) => each.includes(value === undefined ? word : name));
}
