import { stat } from 'node:fs/promises';
import { inputError, type SpotError } from '../model/errors.ts';
import type { Payload } from '../model/payload.ts';
import { digestOf } from '../util/file-digest.ts';
import { reasonOf } from '../util/system-error.ts';
import { codeOf } from './file-errors.ts';
import { readPayload } from './read-payload.ts';

/**
 * Reads what a payload is from its archive, after comparing its digest. Memory does not grow with its size.
 * @param path of the archive, absolute
 * @param digest SHA-256 that it must have, hex
 * @throws SpotError (exit 66) `archive-gone`, `archive-damaged`
 */
export async function readStoredPayload(path: string, digest: string): Promise<Payload> {
  const [found, { size }] = await Promise.all([digestOf(path), stat(path)]).catch((error: unknown) => {
    const why = codeOf(error) === 'ENOENT' ? 'is gone' : `cannot be read (${reasonOf(error)})`;
    throw inputError('archive-gone', `the archive ${path} ${why}; upload the script again`, error);
  });
  if (found !== digest) throw damaged(path, 'its SHA-256 is another one');
  return readPayload({ digest, path, sizeBytes: size }).catch((error: unknown) => {
    throw damaged(path, reasonOf(error), error);
  });
}

function damaged(path: string, why: string, cause?: unknown): SpotError {
  return inputError(
    'archive-damaged',
    `the archive ${path} is damaged (${why}); remove it and upload the script again`,
    cause,
  );
}
