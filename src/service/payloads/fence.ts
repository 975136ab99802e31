import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
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
 * no link can be put in its place meanwhile. Nobody learns whether anything outside the roots exists. It is read at once, as
 * the state is: ten steps, each of which would wait for its turn in a service that has much to do.
 * @throws SpotError (exit 66) `no-payload-roots`, `path-not-absolute`, `path-refused`, `payload-not-found`,
 *   `payload-unreadable`, `payload-not-a-file`, `payload-too-large`, `payload-not-text`, `payload-empty`
 */
export function readFenced(asked: string, fence: Fence): FencedFile {
  if (fence.roots.length === 0) throw noRoots();
  if (!asked.startsWith('/')) throw pathRefusal('path-not-absolute', asked, 'is not absolute; begin it with a slash');
  if (asked.includes('\0')) throw pathRefusal('path-refused', asked, 'has a NUL character in it; leave that out');
  const path = posix.normalize(asked);
  const roots = fence.roots.map(realRoot);
  for (let looks = 1; looks <= LOOKS; looks += 1) {
    const seen = look(path, roots);
    if (seen === null) continue;
    try {
      return { path, bytes: readSeen(seen, path, roots, fence.maxBytes) };
    } finally {
      closeSync(seen);
    }
  }
  throw notFound(path);
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
function realRoot(root: string): string {
  const cleaned = posix.normalize(root).replace(/(?<=.)\/$/, '');
  try {
    return realpathSync.native(cleaned);
  } catch {
    return cleaned;
  }
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root === '/' ? root : `${root}/`));
}

/** @returns a descriptor that nothing can be read from; null where another look may find something else */
function look(path: string, roots: readonly string[]): number | null {
  try {
    return openSync(path, LOOK_FLAGS);
  } catch (error) {
    return lookCloser(path, roots, error);
  }
}

/** Why there is nothing to look at; only where that is inside the roots it is told. */
function lookCloser(path: string, roots: readonly string[], error: unknown): null {
  const followed = followPath(path);
  if (!isInside(followed.path, roots)) throw outside(path);
  if (!followed.isReached) throw unreached(path, followed.code);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) return null;
  throw unreadable(path, reasonOf(error));
}

function readSeen(seen: number, path: string, roots: readonly string[], maxBytes: number): Buffer {
  const self = `/proc/self/fd/${seen}`;
  if (!isInside(whereIs(self, path), roots)) throw outside(path);
  const stats = fstatSync(seen);
  if (!stats.isFile()) throw notAFile(path, stats);
  const file = openToRead(self, path);
  try {
    return readText(file, path, maxBytes);
  } finally {
    closeSync(file);
  }
}

function openToRead(self: string, path: string): number {
  try {
    return openSync(self, READ_FLAGS);
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
}

function whereIs(self: string, path: string): string {
  try {
    return readlinkSync(self);
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
