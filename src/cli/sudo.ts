import { usageError } from '../model/errors.ts';
import { ROOT } from '../remote/job.ts';
import { SudoPassword } from '../run/sudo-password.ts';
import { Secret } from '../util/secret.ts';
import { refuseBoth } from './contradictions.ts';
import type { Io } from './io.ts';
import { askHidden, canAsk } from './prompt.ts';

/** Flags that say as whom a script runs. */
export interface SudoOptions {
  /** true: as root */
  readonly sudo?: string | true;
  readonly askSudoPassword?: boolean;
}

/** Where the password for sudo may stand, for those that nobody sits in front of. */
const PASSWORD_VARIABLE = 'SPOT_SUDO_PASSWORD';

/** What useradd takes; with it a name is no option and no number. */
const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/**
 * The user that the scripts run as, or undefined: whoever logs in.
 * @throws SpotError (exit 64) for what is no user name, or does not go with other flags
 */
export function sudoUserOf(options: SudoOptions & { readonly copyOnly?: boolean }): string | undefined {
  const { sudo, askSudoPassword, copyOnly } = options;
  if (sudo === undefined) {
    if (!askSudoPassword) return undefined;
    throw usageError('flag-alone', '--ask-sudo-password is for --sudo, which is not given; add --sudo');
  }
  if (copyOnly) refuseBoth('--copy-only', '--sudo');
  if (sudo === true) return ROOT;
  if (USER_NAME.test(sudo)) return sudo;
  throw usageError('flag-invalid', `--sudo: ${JSON.stringify(sudo)} is not the name of a user; write --sudo=postgres`);
}

/**
 * The password for sudo, asked for once or taken from the environment; null where neither is there.
 * @throws SpotError (exit 64) where it cannot be asked for, or is none; (exit 130) at Ctrl-C
 */
export async function readSudoPassword(
  user: string | undefined,
  { askSudoPassword }: SudoOptions,
  io: Io,
): Promise<SudoPassword | null> {
  if (user === undefined) return null;
  const given = io.env[PASSWORD_VARIABLE] ?? '';
  if (given !== '' && !askSudoPassword) return checked(given, PASSWORD_VARIABLE);
  if (!askSudoPassword) return null;
  if (!canAsk(io)) {
    const message = `--ask-sudo-password needs a terminal to ask on; without one, set ${PASSWORD_VARIABLE}`;
    throw usageError('no-terminal', message);
  }
  return checked((await askHidden(io, `sudo password of the login user on the instances: `)) ?? '', 'the password');
}

function checked(text: string, what: string): SudoPassword {
  if (text === '')
    throw usageError('sudo-password', `${what} is empty; leave out --ask-sudo-password if none is needed`);
  // sudo reads one line
  if (/[\n\r\0]/.test(text)) throw usageError('sudo-password', `${what} has more than one line; sudo reads one`);
  return new SudoPassword(new Secret(text));
}
