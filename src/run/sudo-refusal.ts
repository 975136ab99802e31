import type { Problem } from '../model/errors.ts';
import { RunnerRefusal } from './runner-session.ts';

/** The runner's word for whatever sudo, or its absence, has kept from starting. */
export const SUDO_REFUSAL = 'sudo';

const REFUSED = 'sudo-refused';

/** What sudo, or sudo-rs, says in English, and what it means; the first one that fits counts. */
const KNOWN: readonly { readonly said: RegExp; readonly code: string; readonly message: string }[] = [
  {
    said: /command not found/,
    code: 'sudo-missing',
    message: 'the instance has no sudo; install it there, or leave out --sudo',
  },
  {
    said: /incorrect (password|authentication) attempt|Sorry, try again|[Aa]uthentication failed/,
    code: REFUSED,
    message: 'sudo did not take the password; it was tried once',
  },
  {
    said: /must have a tty/,
    code: 'sudo-tty',
    message: 'sudo there wants a terminal; take requiretty out of its sudoers for this user',
  },
  {
    said: /[Pp]assword is required|authentication is required|no password was provided|terminal is required/,
    code: 'sudo-password',
    message: 'sudo there wants a password; give it with --ask-sudo-password (-K)',
  },
  {
    said: /unknown user|user '[^']*' not found|invalid user/,
    code: 'sudo-user',
    message: 'the instance has no such user to run the script as',
  },
  {
    said: /not in the sudoers file|not allowed to|may not run sudo|afraid I can't do that/,
    code: 'sudo-not-allowed',
    message: 'sudo there does not let the login user do that; it must be allowed to run sh as that user',
  },
];

/** @param said what sudo wrote to stderr, on one line */
export function readSudoRefusal(said: string): Problem {
  const known = KNOWN.find((each) => each.said.test(said));
  if (known !== undefined) return { code: known.code, message: known.message };
  return { code: 'sudo-failed', message: `sudo could not start the script: ${said.trim() || 'it said nothing'}` };
}

export function isPasswordRefusal(error: unknown): boolean {
  return (
    error instanceof RunnerRefusal && error.code === SUDO_REFUSAL && readSudoRefusal(error.message).code === REFUSED
  );
}
