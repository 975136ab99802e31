/** A quoted part, an escaped character, blanks, a comment up to the end, or one character. */
const PART = /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|(\s+)|(#.*)|(.)/gs;

/**
 * Splits a line into words as Ansible does: at blanks, with quotes of both kinds and backslashes taken away, up to a `#`.
 * @returns null where a quote is not closed
 */
export function splitIniWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (const [, double, single, escaped, blank, comment, other] of line.matchAll(PART)) {
    if (other === '"' || other === "'") return null;
    if (blank === undefined && comment === undefined) {
      word = `${word ?? ''}${double?.replace(/\\(["\\])/g, '$1') ?? single ?? escaped ?? other ?? ''}`;
      continue;
    }
    if (word !== null) words.push(word);
    word = null;
  }
  return word === null ? words : [...words, word];
}

/** The value of a line `key = value` of a `:vars` section: without quotes around it, without a comment behind it. */
export function iniValue(text: string): string {
  const trimmed = text.trim();
  const [, , quoted] = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(trimmed) ?? [];
  return quoted ?? trimmed.replace(/(^|\s+)#.*$/, '');
}
