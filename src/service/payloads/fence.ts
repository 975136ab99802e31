import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
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

/** Says where a file is, and what; it opens nothing (O_PATH, on all that Linux runs on but alpha, parisc and sparc). */
const LOOK_FLAGS = 0o10000000;
/** Whatever it is by now, it does not block, and no terminal is taken. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Reads a script that a request names by its path. It has to be inside one of the roots once every link is followed. The
 * kernel follows them, says where that led and what is there, and opens the very same file for reading (`/proc/self/fd`):
 * no link can be put in its place meanwhile. Nobody learns whether anything outside the roots exists.
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
  const cleaned = posix.normalize(root).replace(/(?<=.)\/$/, '');
  return realpath(cleaned).catch(() => cleaned);
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root === '/' ? root : `${root}/`));
}

/** @returns null where another look may find something else */
async function openInside(path: string, roots: readonly string[]): Promise<FileHandle | null> {
  const seen = await open(path, LOOK_FLAGS).catch((error: unknown) => lookCloser(path, roots, error));
  if (seen === null) return null;
  try {
    const self = `/proc/self/fd/${seen.fd}`;
    const [real, stats] = await Promise.all([whereIs(self, path), seen.stat()]);
    if (!isInside(real, roots)) throw outside(path);
    if (!stats.isFile()) throw notAFile(path, stats);
    return await open(self, READ_FLAGS).catch((error: unknown) => {
      throw unreadable(path, reasonOf(error));
    });
  } finally {
    await seen.close();
  }
}

/** Why there is nothing to look at; only where that is inside the roots it is told. */
async function lookCloser(path: string, roots: readonly string[], error: unknown): Promise<null> {
  const followed = await followPath(path);
  if (!isInside(followed.path, roots)) throw outside(path);
  if (!followed.isReached) throw unreached(path, followed.code);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) return null;
  throw unreadable(path, reasonOf(error));
}

async function whereIs(self: string, path: string): Promise<string> {
  try {
    return await readlink(self);
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
