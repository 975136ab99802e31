import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { mapBounded } from '../util/bounded.ts';
import type { Inspect } from './checks/content-check.ts';
import type { FileEntry, HashedEntry, ScannedEntry, ScannedFile, ScannedTree } from './entries.ts';
import { BLOCK_BYTES, readBlocks } from './read-blocks.ts';

/** Files read at once: keeps the four threads that Node reads files with busy. */
const CONCURRENT_READS = 8;

/** Content kept between hashing and packing, so that a tree of small files is read once and not twice. */
const KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Hashes all files of a tree. In memory at once: `KEPT_BYTES` and a few blocks, whatever the size of the tree.
 * @param inspect told the contents that are kept
 * @returns one for each entry of the tree, in its order
 * @throws SpotError (exit 66) `file-changed`, `files-unreadable`
 */
export async function hashFiles(tree: ScannedTree, inspect: Inspect = () => undefined): Promise<HashedEntry[]> {
  const kept = chooseKept(tree.entries);
  return mapBounded(tree.entries, CONCURRENT_READS, async (entry) => {
    if (entry.type !== 'file') return { entry, content: null };
    const hashed = await hashFile(join(tree.root, entry.path), entry, kept.has(entry));
    if (hashed.content !== null) inspect(entry, hashed.content);
    return hashed;
  });
}

/** Files of at most one block, in order, until there is no more room. */
function chooseKept(entries: readonly ScannedEntry[]): ReadonlySet<ScannedEntry> {
  const kept = new Set<ScannedEntry>();
  let room = KEPT_BYTES;
  for (const entry of entries) {
    if (entry.type !== 'file' || entry.sizeBytes > Math.min(BLOCK_BYTES, room)) continue;
    room -= entry.sizeBytes;
    kept.add(entry);
  }
  return kept;
}

async function hashFile(path: string, file: ScannedFile, isKept: boolean): Promise<HashedEntry> {
  const hash = createHash('sha256');
  const blocks: Buffer[] = [];
  for await (const block of readBlocks(path, file.sizeBytes)) {
    hash.update(block);
    if (isKept) blocks.push(block);
  }
  const entry: FileEntry = { ...file, sha256: hash.digest('hex') };
  return { entry, content: isKept ? Buffer.concat(blocks) : null };
}
