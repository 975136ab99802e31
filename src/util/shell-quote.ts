/** A word that a shell would take for an assignment where it stands first. */
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/**
 * Turns one word into text that a POSIX shell reads back as exactly that word.
 * The only function that does so; every command line is made by `shellCommand`.
 * @throws Error for a NUL byte, which no shell word can hold
 */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new Error('a shell word cannot hold a NUL byte');
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) && !ASSIGNMENT.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Turns argv into a command line. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellQuote).join(' ');
}
