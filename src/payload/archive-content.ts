import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Manifest, PayloadFile } from '../model/payload.ts';
import type { DirectoryEntry, FileEntry, HashedEntry, ScannedEntry } from './entries.ts';
import { changed } from './file-errors.ts';
import { formatManifest } from './manifest.ts';
import { readBlocks } from './read-blocks.ts';
import { encodeHeader, END_OF_ARCHIVE, paddingAfter } from './tar-entry.ts';

export const MANIFEST_NAME = 'manifest.yaml';
/** The folder inside the archive that becomes DEPLOY_FILES_DIR. */
export const FILES_NAME = 'files';

export const SCRIPT_MODE = 0o700;
const FILES_FOLDER: DirectoryEntry = { type: 'directory', path: FILES_NAME, mode: 0o700 };

/** Read, write and search, for the owner. */
const OWNER_MAY_ALL = 0o700;

export interface ArchiveContent {
  readonly manifest: Manifest;
  readonly script: Buffer;
  /** the folder the files are read from */
  readonly root: string;
  readonly entries: readonly HashedEntry[];
}

/**
 * The archive as a tar stream: manifest, script, then `files/` and what is in it.
 * @throws SpotError (exit 66) `file-changed`, `files-unreadable`
 */
export async function* archiveContent({ manifest, script, root, entries }: ArchiveContent): AsyncGenerator<Buffer> {
  yield* wholeFile(MANIFEST_NAME, 0o600, Buffer.from(formatManifest(manifest)));
  yield* wholeFile(manifest.entrypoint, SCRIPT_MODE, script);
  yield encodeHeader(FILES_FOLDER);
  for (const { entry, content } of entries) {
    yield encodeHeader(inFiles(opened(entry)));
    if (entry.type !== 'file') continue;
    if (content === null) yield* fileContent(join(root, entry.path), entry);
    else yield content;
    yield paddingAfter(entry.sizeBytes);
  }
  for (const { entry } of entries.toReversed()) {
    if (isClosed(entry)) yield encodeHeader(inFiles(entry));
  }
  yield END_OF_ARCHIVE;
}

/** What has to stand behind manifest and script, in that order, for a manifest that is right. */
export function* layoutOf({ files }: Manifest): Generator<PayloadFile> {
  yield FILES_FOLDER;
  for (const file of files) yield inFiles(opened(file));
  for (const file of files.toReversed()) if (isClosed(file)) yield inFiles(file);
}

async function* wholeFile(path: string, mode: number, content: Buffer): AsyncGenerator<Buffer> {
  yield encodeHeader({ type: 'file', path, mode, sizeBytes: content.length });
  yield content;
  yield paddingAfter(content.length);
}

/** Reads a file a second time, and holds it to the hash that the manifest has already given. */
async function* fileContent(path: string, file: FileEntry): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const block of readBlocks(path, file.sizeBytes)) {
    hash.update(block);
    yield block;
  }
  if (hash.digest('hex') !== file.sha256) throw changed(path, 'its content is another one');
}

/**
 * A folder that its owner may not fill: it is unpacked open, and gets its mode from a second entry at the end. (GNU tar
 * would do so by itself, busybox tar not; run by an ordinary user, busybox tar leaves it open.)
 */
function isClosed(entry: ScannedEntry): entry is DirectoryEntry {
  return entry.type === 'directory' && (entry.mode & OWNER_MAY_ALL) !== OWNER_MAY_ALL;
}

function opened<Entry extends ScannedEntry>(entry: Entry): Entry {
  return isClosed(entry) ? { ...entry, mode: entry.mode | OWNER_MAY_ALL } : entry;
}

function inFiles<Entry extends ScannedEntry>(entry: Entry): Entry {
  return { ...entry, path: `${FILES_NAME}/${entry.path}` };
}
