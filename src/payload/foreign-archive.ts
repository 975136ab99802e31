import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isUtf8 } from 'node:buffer';
import type { Manifest, PayloadFile } from '../model/payload.ts';
import { layoutOf, MANIFEST_NAME, SCRIPT_MODE } from './archive-content.ts';
import { linkRefusalAmong } from './link-refusal.ts';
import { formatManifest } from './manifest.ts';
import { nameRefusal } from './name-refusal.ts';
import { parseManifest } from './parse-manifest.ts';
import { quoteText } from './quote-text.ts';
import { type ArchiveEntry, readArchive } from './read-archive.ts';
import { readFormatted } from './read-formatted.ts';

/** Of 40,000 files or so: reading it takes half a second. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
/** PATH_MAX of Linux. */
const MAX_PATH_LENGTH = 4096;
/** In characters of paths that links are followed over, and some for each step: more than any folder asks for. */
const MAX_LINK_WORK = 20_000_000;

/**
 * Reads an archive that somebody else has packed, to its end. It must be what this program would have packed: entry by
 * entry as its manifest says, in that order, with nothing in between and behind that another tar program could take for
 * something else. Nothing is unpacked; memory grows with the manifest alone.
 * @param maxBytes that it may have unpacked
 * @throws Error, of the system, of zlib, or one that says what is wrong
 */
export async function readForeignArchive(path: string, maxBytes: number): Promise<Manifest> {
  const entries = readArchive(path, { maxBytes });
  try {
    const manifest = await readManifest(await nextOf(entries));
    await requireInside(manifest);
    const script = await nextOf(entries);
    if (!isScript(script, manifest)) throw new Error(`its second entry is not ${manifest.entrypoint}`);
    for (const wanted of layoutOf(manifest)) await requireEntry(await nextOf(entries), wanted);
    if ((await entries.next()).done !== true) throw new Error('it holds more than its manifest names');
    return manifest;
  } finally {
    await entries.return(undefined);
  }
}

function isScript({ type, path, mode }: ArchiveEntry, { entrypoint }: Manifest): boolean {
  return type === 'file' && path === entrypoint && mode === SCRIPT_MODE;
}

async function nextOf(entries: AsyncGenerator<ArchiveEntry>): Promise<ArchiveEntry> {
  const { value } = (await entries.next()) as IteratorResult<ArchiveEntry, undefined>;
  if (value === undefined) throw new Error('it holds less than its manifest names');
  return value;
}

/** Only as this program writes it: YAML has ways to keep its reader busy. */
async function readManifest({ type, path, sizeBytes, content }: ArchiveEntry): Promise<Manifest> {
  if (type !== 'file' || path !== MANIFEST_NAME) throw new Error(`its first entry is no ${MANIFEST_NAME}`);
  if (sizeBytes > MAX_MANIFEST_BYTES) throw new Error(`its manifest has more than ${MAX_MANIFEST_BYTES} bytes`);
  const bytes = await buffer(content);
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes) || readFormatted(text) === null) throw new Error('its manifest is not one that spot has written');
  const manifest = parseManifest(text);
  if (formatManifest(manifest) !== text) throw new Error('its manifest is not one that spot has written');
  return manifest;
}

/** What the scan of a folder makes sure of: plain names, each once, each in a folder, and links that stay inside. */
async function requireInside({ files, interpreter }: Manifest): Promise<void> {
  if (interpreter.some((word) => nameRefusal(word) !== null)) throw new Error('its interpreter is not plain text');
  const folders = new Set(['.']);
  const paths = new Set<string>();
  for (const { type, path } of files) {
    if (path.length > MAX_PATH_LENGTH || nameRefusal(path) !== null) throw new Error('a path in it is not plain text');
    if (paths.has(path)) throw new Error(`${quoteText(path)} is there twice`);
    if (!folders.has(posix.dirname(path))) throw new Error(`${quoteText(path)} is not in a folder`);
    paths.add(path);
    if (type === 'directory') folders.add(path);
  }
  await requireLinksInside(files);
}

async function requireLinksInside(files: readonly PayloadFile[]): Promise<void> {
  const links = new Map(files.flatMap((file) => (file.type === 'link' ? [[file.path, file.target]] : [])));
  let work = 0;
  const linkAt = (path: string): Promise<string | null> => {
    const target = links.get(path) ?? null;
    work += 16 + path.length + (target?.length ?? 0);
    if (work > MAX_LINK_WORK) throw new Error('its links are too entangled');
    return Promise.resolve(target);
  };
  for (const [path, target] of links) {
    if (target.length > MAX_PATH_LENGTH) throw new Error(`${quoteText(path)} is a link with too long a target`);
    const reason = await linkRefusalAmong(linkAt, path, target);
    if (reason !== null) throw new Error(`${quoteText(path)} is ${reason}`);
  }
}

async function requireEntry(found: ArchiveEntry, wanted: PayloadFile): Promise<void> {
  if (!isSame(found, wanted)) {
    throw new Error(`its entry ${quoteText(found.path)} is not what its manifest says of ${quoteText(wanted.path)}`);
  }
  if (wanted.type !== 'file') return;
  const hash = createHash('sha256');
  for await (const block of found.content) hash.update(block);
  if (hash.digest('hex') !== wanted.sha256) throw new Error(`the SHA-256 of ${quoteText(wanted.path)} is another one`);
}

function isSame({ type, path, mode, sizeBytes, target }: ArchiveEntry, wanted: PayloadFile): boolean {
  if (type !== wanted.type || path !== wanted.path) return false;
  if (wanted.type === 'link') return target === wanted.target && sizeBytes === 0;
  return mode === wanted.mode && sizeBytes === (wanted.type === 'file' ? wanted.sizeBytes : 0);
}
