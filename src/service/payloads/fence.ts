import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { SpotError } from '../../model/errors.ts';
import { kindOf } from '../../payload/file-kind.ts';
import { reasonOf } from '../../util/system-error.ts';
import { followPath } from './follow-path.ts';
import { readText } from './read-text.ts';
import { pathRefusal, refusal, unreadable } from './refusal.ts';

export interface Fence {
  /** folders, absolute; links in them are followed */
  readonly roots: readonly string[];
  /** of a file, bytes */
  readonly maxBytes: number;
}

/** A file inside the fence. */
export interface FencedFile {
  /** as it was asked for, without `.`, `..` and doubled slashes */
  readonly path: string;
  /** text, with more than blanks in it */
  readonly bytes: Buffer;
}

/** Of a folder that is put in place of another while it is read, the second look finds the new one. */
const LOOKS = 3;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ELOOP: 'its links lead round in a circle',
};

/** A pipe does not block, a link that took the file's place is not followed, a terminal is not taken. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

/**
 * Reads a script that a request names by its path. It has to be inside one of the roots once every link is followed, and
 * what is read is what was opened there: of a file that is opened, the kernel says where it is (`/proc/self/fd`). Nobody
 * learns whether anything outside the roots exists.
 * @throws SpotError (exit 66) `no-payload-roots`, `path-not-absolute`, `path-refused`, `payload-not-found`,
 *   `payload-unreadable`, `payload-not-a-file`, `payload-too-large`, `payload-not-text`, `payload-empty`
 */
export async function readFenced(asked: string, fence: Fence): Promise<FencedFile> {
  if (fence.roots.length === 0) throw noRoots();
  if (!asked.startsWith('/')) throw pathRefusal('path-not-absolute', asked, 'is not absolute; begin it with a slash');
  if (asked.includes('\0')) throw pathRefusal('path-refused', asked, 'has a NUL character in it; leave that out');
  const path = posix.normalize(asked);
  const roots = await Promise.all(fence.roots.map(realRoot));
  for (let looks = 1; ; looks += 1) {
    const handle = await openInside(path, roots);
    if (handle === null && looks < LOOKS) continue;
    if (handle === null) throw notFound(path);
    try {
      return { path, bytes: await readText(handle, path, fence.maxBytes) };
    } finally {
      await handle.close();
    }
  }
}

function noRoots(): SpotError {
  const message =
    'this service takes no payload by its path, as service.payload_roots is empty; register it with spot payload add, or upload it';
  return refusal('no-payload-roots', message);
}

function outside(path: string): SpotError {
  const what =
    'does not lead into a folder that service.payload_roots allows; move the script there, register it, or upload it';
  return pathRefusal('path-refused', path, what);
}

function notFound(path: string): SpotError {
  return pathRefusal('payload-not-found', path, 'does not exist; check the path on the machine of the service');
}

/** One that is missing stays as it is written: it is where a path below it ends. */
async function realRoot(root: string): Promise<string> {
  const followed = await followPath(posix.normalize(root));
  return followed.isReached ? followed.path : posix.normalize(root).replace(/(?<=.)\/$/, '');
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root === '/' ? root : `${root}/`));
}

/** @returns null where the file went away after it was seen */
async function openInside(path: string, roots: readonly string[]): Promise<FileHandle | null> {
  const followed = await followPath(path);
  if (!isInside(followed.path, roots)) throw outside(path);
  if (!followed.isReached) throw unreached(path, followed.code);
  if (!followed.stats.isFile()) throw notAFile(path, followed.stats);
  const handle = await openFile(followed.path, path);
  if (handle === null) return null;
  try {
    if (!isInside(await whereIs(handle, path), roots)) throw outside(path);
    const stats = await handle.stat();
    if (!stats.isFile()) throw notAFile(path, stats);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openFile(real: string, path: string): Promise<FileHandle | null> {
  try {
    return await open(real, OPEN_FLAGS);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(code)) return null;
    throw unreadable(path, reasonOf(error));
  }
}

/** The real path of an open file. It could have been reached by another way than the one that was looked at. */
async function whereIs(handle: FileHandle, path: string): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    const what = 'cannot be told from a file elsewhere, as there is no /proc here; register it, or upload it';
    throw pathRefusal('payload-unreadable', path, what);
  }
}

function unreached(path: string, code: string): SpotError {
  if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) return notFound(path);
  return unreadable(path, REASONS[code] ?? code);
}

function notAFile(path: string, stats: Stats): SpotError {
  const kind = stats.isDirectory() ? 'a folder' : kindOf(stats);
  return pathRefusal('payload-not-a-file', path, `is ${kind}, not a regular file; name the script itself`);
}
