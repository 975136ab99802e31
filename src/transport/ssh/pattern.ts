/**
 * Whether a pattern list matches: one of its patterns does, and none of its negated ones (`!pattern`) does.
 * The rules are those of ssh_config(5), PATTERNS, which known_hosts shares.
 */
export function matchesPatternList(patterns: readonly string[], text: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (!pattern.startsWith('!')) matched ||= matchesPattern(pattern, text);
    else if (matchesPattern(pattern.slice(1), text)) return false;
  }
  return matched;
}

/** `*` stands for any run of characters, `?` for exactly one; everything else stands for itself. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let read = 0;
  // where to go on when the characters after the last `*` turn out not to fit
  let retry: { readonly at: number; read: number } | null = null;
  while (read < text.length) {
    if (pattern[at] === '*') {
      at += 1;
      retry = { at, read };
    } else if (pattern[at] === '?' || pattern[at] === text[read]) {
      at += 1;
      read += 1;
    } else if (retry !== null) {
      retry.read += 1;
      ({ at, read } = retry);
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
