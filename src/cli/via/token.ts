import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import { configError } from '../../model/errors.ts';
import { Secret } from '../../util/secret.ts';
import { reasonOf } from '../../util/system-error.ts';
import type { Io } from '../io.ts';

const OPEN_TO_OTHERS = 0o077;

/**
 * The token that a service is shown: `SPOT_TOKEN`, else that of `service.token_file`; null where there is none.
 * @throws SpotError `token-file` (exit 78) where the file cannot be read, is open to others, or holds no token
 */
export async function readToken({ service }: Config, { env }: Pick<Io, 'env'>): Promise<Secret | null> {
  const given = env['SPOT_TOKEN']?.trim() ?? '';
  if (given !== '') return checked(given, 'SPOT_TOKEN');
  return service.tokenFile === null ? null : readTokenFile(service.tokenFile);
}

async function readTokenFile(path: string): Promise<Secret> {
  const file = `service.token_file ${path}`;
  let text: string;
  try {
    if ((statSync(path).mode & OPEN_TO_OTHERS) !== 0) {
      throw configError('token-file', `${file} can be read by others; allow it to its owner alone: chmod 600 ${path}`);
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && error.name === 'SpotError') throw error;
    throw configError(
      'token-file',
      `${file} cannot be read (${reasonOf(error)}); correct it, or set SPOT_TOKEN`,
      error,
    );
  }
  return checked(text.trim(), file);
}

function checked(token: string, source: string): Secret {
  if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw configError(
    'token-file',
    `${source} holds no token; make one with: spot token create NAME, where the service is`,
  );
}
