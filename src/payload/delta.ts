import { join } from 'node:path';
import type { Payload, PayloadFile } from '../model/payload.ts';
import { type ArchiveFile, writeArchive } from './archive-file.ts';
import { FILES_NAME } from './archive-content.ts';
import type { FileEntry } from './entries.ts';
import { readArchive } from './read-archive.ts';
import { formatMode } from '../util/format.ts';
import { encodeHeader, END_OF_ARCHIVE, paddingAfter } from './tar-entry.ts';

/** A file whose content is in a folder already, there as `from`. */
export interface ReusedFile {
  readonly file: FileEntry;
  readonly from: string;
}

/** Where the lists of what is reused stand in the archive; the runner reads them. */
const LISTS_NAME = 'reuse';

/** GNU tar reads it as an escape in the names that it is given. */
const BACKSLASH = '\\';

/** Which files of a payload need not travel, as a folder has the same content. */
export function findReused(wanted: readonly PayloadFile[], there: readonly PayloadFile[]): ReusedFile[] {
  const known = there.filter(isReusable);
  const byPath = new Map(known.map((file) => [file.path, file]));
  const bySha256 = new Map(known.map((file) => [file.sha256, file]));
  return wanted.filter(isReusable).flatMap((file) => {
    const same = byPath.get(file.path);
    const found = same?.sha256 === file.sha256 ? same : bySha256.get(file.sha256);
    return found === undefined ? [] : [{ file, from: found.path }];
  });
}

/**
 * Packs what is missing where some of a payload's files are there already: the script, the lists of what is reused, all
 * folders and links, and the other files. It is cut out of the payload's own archive.
 * @throws SpotError (exit 78) `archive-not-written`, or Error of the system where the payload's archive cannot be read
 */
export function packDelta(payload: Payload, reused: readonly ReusedFile[], outDir: string): Promise<ArchiveFile> {
  return writeArchive(outDir, deltaContent(payload, reused), 1);
}

async function* deltaContent({ path, manifest }: Payload, reused: readonly ReusedFile[]): AsyncGenerator<Buffer> {
  const isReused = new Set(reused.map(({ file }) => `${FILES_NAME}/${file.path}`));
  yield* lists(reused);
  for await (const entry of readArchive(path)) {
    const travels = entry.path === manifest.entrypoint || isInFiles(entry.path);
    if (!travels || isReused.has(entry.path) || entry.type === 'other') continue;
    yield encodeHeader({ ...entry, type: entry.type });
    yield* entry.content;
    yield paddingAfter(entry.sizeBytes);
  }
  yield END_OF_ARCHIVE;
}

function* lists(reused: readonly ReusedFile[]): Generator<Buffer> {
  yield encodeHeader({ type: 'directory', path: LISTS_NAME, mode: 0o700 });
  const moved = reused.filter(({ file, from }) => file.path !== from);
  const stayed = reused.filter(({ file, from }) => file.path === from).map(({ file }) => file);
  yield* list(
    'sums',
    reused.map(({ file }) => `${file.sha256}  ./${file.path}`),
  );
  yield* list(
    'moved',
    moved.flatMap(({ file, from }) => [formatMode(file.mode), from, file.path]),
  );
  for (const mode of new Set(stayed.map((file) => file.mode))) {
    yield* list(
      formatMode(mode),
      stayed.filter((file) => file.mode === mode).map((file) => `./${file.path}`),
    );
  }
}

function* list(name: string, lines: readonly string[]): Generator<Buffer> {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  yield encodeHeader({ type: 'file', path: join(LISTS_NAME, name), mode: 0o600, sizeBytes: content.length });
  yield content;
  yield paddingAfter(content.length);
}

function isInFiles(path: string): boolean {
  return path === FILES_NAME || path.startsWith(`${FILES_NAME}/`);
}

function isReusable(file: PayloadFile): file is FileEntry {
  return file.type === 'file' && file.sizeBytes > 0 && !file.path.includes(BACKSLASH);
}
