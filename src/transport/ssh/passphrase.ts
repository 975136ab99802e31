import type { ParsedKey } from 'ssh2';
import type { Problem } from '../../model/errors.ts';
import { shellCommand } from '../../util/shell-quote.ts';

/**
 * Asks a person for the passphrase of a private key.
 * @returns null where the person does not want to give one
 */
export type AskPassphrase = (path: string) => Promise<string | null>;

/** As often as ssh asks (`NumberOfPasswordPrompts`). */
const MAX_TRIES = 3;

/**
 * Opens an encrypted key with what a person answers.
 * @param unlock null for a passphrase that does not fit
 * @param ask null where nobody can be asked
 */
export async function askToUnlock(
  path: string,
  unlock: (passphrase: string) => ParsedKey | null,
  ask: AskPassphrase | null,
): Promise<ParsedKey | Problem> {
  const advice = `add it to ssh-agent with: ${shellCommand(['ssh-add', path])}`;
  if (ask === null) {
    const message = `the SSH key ${path} is encrypted, and there is nobody to ask for its passphrase; ${advice}`;
    return { code: 'key-encrypted', message };
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const passphrase = await ask(path);
    if (passphrase === null) {
      return { code: 'passphrase-missing', message: `no passphrase was given for the SSH key ${path}; ${advice}` };
    }
    const key = unlock(passphrase);
    if (key !== null) return key;
  }
  const message = `none of the ${MAX_TRIES} passphrases given fits the SSH key ${path}; try again, or ${advice}`;
  return { code: 'passphrase-wrong', message };
}
