/**
 * Tells whether a text is, as a whole, what a glob describes: `*` any characters, `?` one, `[a-z]` one of these,
 * `[!a-z]` none of these. A text equal to the glob itself always is.
 * @throws SyntaxError for a range that runs backwards, such as `[z-a]`
 */
export function globMatcher(glob: string): (text: string) => boolean {
  if (!/[*?[]/.test(glob)) return (text) => text === glob;
  const pattern = new RegExp(`^${glob.replace(TOKEN, translate)}$`, 'su');
  return (text) => text === glob || pattern.test(text);
}

/** A run of stars, a character class, or one character (an unclosed bracket among them). */
const TOKEN = /\*+|\[(!?)([^\]]+)\]|./gsu;

function translate(token: string, negation: string | undefined, members: string | undefined): string {
  if (token.startsWith('*')) return '.*';
  if (token === '?') return '.';
  if (members !== undefined) return `[${negation === '!' ? '^' : ''}${members.replace(/[\\^[]/g, '\\$&')}]`;
  return token.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
