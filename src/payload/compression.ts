import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, type ZlibOptions } from 'node:zlib';
import type { PayloadFile } from '../model/payload.ts';
import type { FileEntry, HashedEntry } from './entries.ts';
import { readBlocks } from './read-blocks.ts';

/** Of gzip: 0 stores, 1 is the fastest that compresses. */
export type CompressionLevel = 0 | 1;

/** Below this, compressing is always quick enough. */
const ALWAYS_COMPRESSED_BYTES = 1024 * 1024;
const SAMPLED_FILES = 8;
const SAMPLE_BYTES = 64 * 1024;
/** Compressing costs about 20 ms a megabyte: below this share it is dearer than sending the bytes. */
const WORTHWHILE_SAVING = 0.1;

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

type FileContent = FileEntry & Pick<HashedEntry, 'content'>;

/**
 * Decides whether a tree is worth compressing, by its content alone: packs of equal content are compressed alike.
 * Compresses the beginnings of the largest files on trial.
 * @throws SpotError (exit 66) `file-changed`, `files-unreadable`
 */
export async function chooseLevel(root: string, entries: readonly HashedEntry[]): Promise<CompressionLevel> {
  const files = entries.flatMap(({ entry, content }) => (isFilled(entry) ? [{ ...entry, content }] : []));
  if (sumBytes(files) < ALWAYS_COMPRESSED_BYTES) return 1;
  const largest = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, SAMPLED_FILES);
  const savedBytes = await Promise.all(largest.map((file) => estimateSaving(root, file)));
  const saving = savedBytes.reduce((sum, saved) => sum + saved, 0) / sumBytes(largest);
  return saving < WORTHWHILE_SAVING ? 0 : 1;
}

function isFilled(entry: PayloadFile): entry is FileEntry {
  return entry.type === 'file' && entry.sizeBytes > 0;
}

/** @returns bytes that compressing the whole file would save, were it all like its beginning */
async function estimateSaving(root: string, file: FileContent): Promise<number> {
  const sample = (file.content ?? (await firstBlock(join(root, file.path), file.sizeBytes))).subarray(0, SAMPLE_BYTES);
  const compressed = await deflate(sample, { level: 1 });
  return file.sizeBytes * (1 - compressed.length / sample.length);
}

async function firstBlock(path: string, sizeBytes: number): Promise<Buffer> {
  for await (const block of readBlocks(path, sizeBytes)) return block;
  return Buffer.alloc(0);
}

function sumBytes(files: readonly FileContent[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
