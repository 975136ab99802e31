import { join } from 'node:path';
import { lineError, type Origin } from './ssh-config-line.ts';

/** What `%` tokens and `${…}` stand for. */
export interface TokenValues {
  /** without the `%`, e.g. `{ h: '203.0.113.7' }` */
  readonly tokens: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** `~` and `~/…` with the home directory written out. */
export function expandTilde(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

/**
 * A path of ssh_config with `~`, `%` tokens and `${…}` written out.
 * @throws SpotError (exit 78) for a token or a variable that has no value
 */
export function expandPath(path: string, values: TokenValues, origin: Origin): string {
  const withVariables = expandTilde(path, values.home).replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values.env[name];
    if (value === undefined) throw lineError(origin, `the environment variable ${name} is not set`);
    return value;
  });
  return expandTokens(withVariables, values.tokens, origin);
}

/**
 * Text with its `%` tokens written out; `%%` is a percent sign.
 * @throws SpotError (exit 78) for any other token
 */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>, origin: Origin): string {
  return text.replace(/%(.?)/g, (written, token: string) => {
    const value = token === '%' ? '%' : tokens[token];
    if (value !== undefined) return value;
    const known = Object.keys(tokens).map((name) => `%${name}`);
    throw lineError(origin, `${written} is not understood here; what is: %%, ${known.join(', ')}`);
  });
}
