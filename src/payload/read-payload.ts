import { buffer } from 'node:stream/consumers';
import type { Manifest, Payload } from '../model/payload.ts';
import { MANIFEST_NAME } from './archive-content.ts';
import { parseManifest } from './parse-manifest.ts';
import { readArchive } from './read-archive.ts';

/**
 * Says what a payload is from its archive, which has been compared with its digest.
 * @throws Error of the system, of zlib, or SpotError `manifest-invalid`, `manifest-not-yaml`
 */
export async function readPayload(archive: Pick<Payload, 'path' | 'digest' | 'sizeBytes'>): Promise<Payload> {
  const { manifest, scriptBytes } = await readHead(archive.path);
  const files = manifest.files.filter(({ type }) => type !== 'directory');
  const fileBytes = files.reduce((sum, file) => sum + (file.type === 'file' ? file.sizeBytes : 0), 0);
  return { ...archive, contentBytes: scriptBytes + fileBytes, fileCount: files.length, manifest };
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
