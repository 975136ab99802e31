import { readFileSync, statSync } from 'node:fs';
import { configError } from '../model/errors.ts';
import { formatMode } from '../util/format.ts';
import { Secret } from '../util/secret.ts';
import { shellCommand } from '../util/shell-quote.ts';
import { reasonOf } from '../util/system-error.ts';

/** What can be guessed is no token; one that `spot token create` makes has 48 characters. */
const SHORTEST_TOKEN = 32;

/**
 * Reads the one token of `service.token_file`.
 * @throws SpotError (exit 78) `token-unreadable`, `token-too-open`, `token-invalid`
 */
export function readTokenFile(path: string): Secret {
  const { text, mode } = read(path);
  if ((mode & 0o077) !== 0) {
    const octal = formatMode(mode & 0o777);
    const command = shellCommand(['chmod', '600', path]);
    throw configError(
      'token-too-open',
      `the token file ${path} has mode ${octal}, which lets others read it; run: ${command}`,
    );
  }
  return checkToken(text.replace(/\r?\n$/, ''), `the token file ${path}`);
}

/** @param where names the token in the message @throws SpotError (exit 78) `token-invalid` */
export function checkToken(token: string, where: string): Secret {
  if (/^[\x21-\x7e]*$/.test(token) && token.length >= SHORTEST_TOKEN) return new Secret(token);
  const what = `${where} does not hold one token of ${SHORTEST_TOKEN} or more visible characters`;
  throw configError('token-invalid', `${what}; make one with: spot token create NAME`);
}

function read(path: string): { readonly text: string; readonly mode: number } {
  try {
    return { mode: statSync(path).mode, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const message = `the token file ${path} cannot be read (${reasonOf(error)}); correct service.token_file`;
    throw configError('token-unreadable', message, error);
  }
}
