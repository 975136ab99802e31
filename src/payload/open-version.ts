import { stat } from 'node:fs/promises';
import { inputError } from '../model/errors.ts';
import type { Payload } from '../model/payload.ts';
import type { PayloadRecord } from '../state/payloads.ts';
import { digestOf } from '../util/file-digest.ts';
import { reasonOf } from '../util/system-error.ts';
import { codeOf } from './file-errors.ts';
import { formatReference } from './payload-name.ts';
import { readPayload } from './read-payload.ts';
import type { PayloadStore } from './store.ts';

/** A version, and where its archive should be. */
export type VersionOnDisk = Pick<PayloadRecord, 'name' | 'version' | 'checksum'>;

/**
 * Makes a registered version ready to be sent again, once its archive has been compared with the registry; it is fetched
 * where only other machines have it.
 * @throws SpotError (exit 66) `payload-gone`, `payload-damaged`, `manifest-invalid`, `manifest-not-yaml`
 */
export async function openVersion(record: VersionOnDisk, store: PayloadStore): Promise<Payload> {
  const path = await store.provide(record.checksum);
  const [digest, { size }] = await Promise.all([digestOf(path), stat(path)]).catch((error: unknown) => {
    throw unreadableArchive(record, path, error);
  });
  if (digest !== record.checksum) throw damaged(record, `the SHA-256 of ${path} is another one`);
  return readPayload({ digest, path, sizeBytes: size }).catch((error: unknown) => {
    throw damaged(record, reasonOf(error), error);
  });
}

function unreadableArchive(record: VersionOnDisk, path: string, error: unknown): Error {
  const reference = formatReference(record);
  const again = `make it again with: spot payload add ${record.name} <script>`;
  if (codeOf(error) === 'ENOENT') {
    return inputError('payload-gone', `the archive of ${reference} is gone from ${path}; ${again}`, error);
  }
  return inputError('payload-unreadable', `the archive of ${reference} cannot be read: ${reasonOf(error)}`, error);
}

function damaged(record: VersionOnDisk, what: string, cause?: unknown): Error {
  const reference = formatReference(record);
  const message = `the archive of ${reference} is damaged (${what}); look closer with: spot payload verify ${reference}`;
  return inputError('payload-damaged', message, cause);
}
