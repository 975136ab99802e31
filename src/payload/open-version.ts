import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import { inputError } from '../model/errors.ts';
import type { Manifest, Payload } from '../model/payload.ts';
import type { PayloadRecord } from '../state/payloads.ts';
import { reasonOf } from '../util/system-error.ts';
import { MANIFEST_NAME } from './archive-content.ts';
import { codeOf } from './file-errors.ts';
import { parseManifest } from './parse-manifest.ts';
import { formatReference } from './payload-name.ts';
import { readArchive } from './read-archive.ts';
import { BLOCK_BYTES } from './read-blocks.ts';

/**
 * Makes a registered version ready to be sent again, once its archive has been compared with the registry.
 * @throws SpotError (exit 66) `payload-gone`, `payload-damaged`, `manifest-invalid`, `manifest-not-yaml`
 */
export async function openVersion(record: PayloadRecord, stateDir: string): Promise<Payload> {
  const path = join(stateDir, record.payloadPath);
  const digest = await digestOf(path).catch((error: unknown) => {
    throw unreadableArchive(record, path, error);
  });
  if (digest !== record.checksum) throw damaged(record, `the SHA-256 of ${path} is another one`);
  const { manifest, scriptBytes } = await readHead(path).catch((error: unknown) => {
    throw damaged(record, reasonOf(error), error);
  });
  const files = manifest.files.filter(({ type }) => type !== 'directory');
  const fileBytes = manifest.files.reduce((sum, file) => sum + (file.type === 'file' ? file.sizeBytes : 0), 0);
  const contentBytes = scriptBytes + fileBytes;
  return { digest, path, sizeBytes: record.payloadSize, contentBytes, fileCount: files.length, manifest };
}

/** SHA-256 of a file, hex. @throws Error of the system */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) hash.update(block as Buffer);
  return hash.digest('hex');
}

/** Manifest and script stand in front of the files, which need not be read. */
async function readHead(path: string): Promise<{ readonly manifest: Manifest; readonly scriptBytes: number }> {
  let manifest: Manifest | null = null;
  for await (const entry of readArchive(path)) {
    if (manifest !== null) return { manifest, scriptBytes: entry.sizeBytes };
    if (entry.path !== MANIFEST_NAME) break;
    manifest = parseManifest((await buffer(entry.content)).toString('utf8'));
  }
  throw new Error('manifest and script do not stand at its beginning');
}

function unreadableArchive(record: PayloadRecord, path: string, error: unknown): Error {
  const reference = formatReference(record);
  const again = `make it again with: spot payload add ${record.name} <script>`;
  if (codeOf(error) === 'ENOENT') {
    return inputError('payload-gone', `the archive of ${reference} is gone from ${path}; ${again}`, error);
  }
  return inputError('payload-unreadable', `the archive of ${reference} cannot be read: ${reasonOf(error)}`, error);
}

function damaged(record: PayloadRecord, what: string, cause?: unknown): Error {
  const reference = formatReference(record);
  const message = `the archive of ${reference} is damaged (${what}); look closer with: spot payload verify ${reference}`;
  return inputError('payload-damaged', message, cause);
}
