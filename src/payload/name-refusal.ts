const CONTROL_CHARACTER = /\p{Cc}/u;
/** What Node decodes bytes to that are not UTF-8; such a name cannot be opened again. */
const REPLACEMENT_CHARACTER = '\uFFFD';

/**
 * Why a name cannot be sent, or null. A newline, an escape sequence or a byte that is no text would not survive
 * the archive, the manifest and a terminal unharmed.
 */
export function nameRefusal(name: string): string | null {
  if (CONTROL_CHARACTER.test(name)) return 'a control character in its name';
  if (name.includes(REPLACEMENT_CHARACTER)) return 'a name that is not UTF-8';
  return null;
}
