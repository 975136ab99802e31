import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configError, inputError, SpotError } from '../model/errors.ts';
import { ARCHIVE_PART_BYTES, type ArchiveTable } from '../state/archives.ts';
import { reasonOf } from '../util/system-error.ts';
import { UNFINISHED_PREFIX } from './archive-file.ts';

/**
 * Puts an archive into the database, part by part, unless all of it is there.
 * @param path of the archive, absolute
 * @param now ms since the epoch
 */
export async function shareArchive(
  archives: ArchiveTable,
  { digest, path, sizeBytes }: { readonly digest: string; readonly path: string; readonly sizeBytes: number },
  now: number,
): Promise<void> {
  archives.touch(digest, now);
  if (archives.sizeOf(digest) === sizeBytes) return;
  const handle = await open(path, 'r');
  try {
    for (let part = 0; part * ARCHIVE_PART_BYTES < sizeBytes; part += 1) {
      archives.write(digest, part, await partOf(handle, part, sizeBytes), now);
    }
  } finally {
    await handle.close();
  }
}

async function partOf(handle: FileHandle, part: number, sizeBytes: number): Promise<Uint8Array> {
  const position = part * ARCHIVE_PART_BYTES;
  const buffer = new Uint8Array(Math.min(ARCHIVE_PART_BYTES, sizeBytes - position));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * Brings an archive from the database into a folder, at once and complete, for its owner alone.
 * @param name of the file in it
 * @returns false where the database does not have it
 * @throws SpotError (exit 66) `archive-damaged`, (exit 78) `archive-not-written`
 */
export async function fetchArchive(
  archives: ArchiveTable,
  digest: string,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<boolean> {
  const first = archives.read(digest, 0);
  if (first === null) return false;
  const unfinished = join(folder, `${UNFINISHED_PREFIX}${randomUUID()}`);
  try {
    await writeParts(archives, digest, unfinished, first);
    await rename(unfinished, join(folder, name));
    return true;
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    if (error instanceof SpotError) throw error;
    const message = `an archive cannot be written to ${folder}: ${reasonOf(error)}; make room, or choose another state_dir`;
    throw configError('archive-not-written', message, error);
  }
}

async function writeParts(archives: ArchiveTable, digest: string, file: string, first: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let content: Uint8Array | null = first;
    for (let part = 1; content !== null; part += 1) {
      hash.update(content);
      await handle.writeFile(content);
      content = archives.read(digest, part);
    }
    if (hash.digest('hex') !== digest) {
      throw inputError('archive-damaged', `the archive ${digest} in the database is damaged; add the payload again`);
    }
  } finally {
    await handle.close();
  }
}
