import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Header } from 'tar/header';
import { inputError } from '../model/errors.ts';
import type { Manifest, Payload } from '../model/payload.ts';
import { reasonOf } from '../util/system-error.ts';
import { codeOf } from './file-errors.ts';
import { parseManifest } from './parse-manifest.ts';
import { paddingAfter, RECORD_BYTES } from './tar-entry.ts';

/**
 * Reads what a payload is from its archive, after comparing its digest. Memory does not grow with its size.
 * @param path of the archive, absolute
 * @param digest SHA-256 that it must have, hex
 * @throws SpotError (exit 66) `archive-gone`, `archive-damaged`
 */
export async function readStoredPayload(path: string, digest: string): Promise<Payload> {
  const sizeBytes = await checkDigest(path, digest);
  const { manifest, scriptBytes } = await readHead(path);
  const files = manifest.files.filter(({ type }) => type !== 'directory');
  const fileBytes = files.reduce((sum, file) => sum + (file.type === 'file' ? file.sizeBytes : 0), 0);
  return { digest, path, sizeBytes, contentBytes: scriptBytes + fileBytes, fileCount: files.length, manifest };
}

/** @returns its size */
async function checkDigest(path: string, digest: string): Promise<number> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is gone' : `cannot be read (${reasonOf(error)})`;
    throw inputError('archive-gone', `the archive ${path} ${why}; upload the script again`, error);
  }
  if (hash.digest('hex') === digest) return sizeBytes;
  throw inputError('archive-damaged', `the archive ${path} is damaged; remove it and upload the script again`);
}

/** The manifest is the first entry of the archive, the script the second. */
async function readHead(path: string): Promise<{ readonly manifest: Manifest; readonly scriptBytes: number }> {
  const file = createReadStream(path);
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of file.pipe(createGunzip()) as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk]);
      if (head.length < RECORD_BYTES) continue;
      const length = new Header(head, 0).size ?? 0;
      const scriptAt = RECORD_BYTES + length + paddingAfter(length).length;
      if (head.length < scriptAt + RECORD_BYTES) continue;
      const manifest = parseManifest(head.toString('utf8', RECORD_BYTES, RECORD_BYTES + length));
      return { manifest, scriptBytes: new Header(head, scriptAt).size ?? 0 };
    }
  } finally {
    file.destroy();
  }
  throw new Error(`${path} has the right digest and no script`);
}
