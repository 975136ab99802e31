import type { Dirent } from 'node:fs';
import { lstat, opendir, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpotError } from '../model/errors.ts';
import { inputError } from '../model/errors.ts';
import { plural } from '../util/format.ts';
import { sortByBytes } from './by-bytes.ts';
import type { ScannedEntry, ScannedTree } from './entries.ts';
import { codeOf, unreadable } from './file-errors.ts';
import { kindOf } from './file-kind.ts';
import type { IgnoreRule } from './ignore-rules.ts';
import { IGNORE_FILE, readIgnoreRules } from './ignore-rules.ts';
import { linkRefusal } from './link-refusal.ts';
import { nameRefusal } from './name-refusal.ts';
import { quoteText } from './quote-text.ts';

interface Refusal {
  readonly path: string;
  /** what it is, e.g. `a socket` */
  readonly reason: string;
}

interface Walk {
  readonly root: string;
  readonly leftOut: string | null;
  readonly isIgnored: IgnoreRule;
  readonly entries: ScannedEntry[];
  readonly refusals: Refusal[];
}

/**
 * Lists a folder with all that is below it, without what its `.spotignore` names and without that file itself.
 * @param leftOut a folder below it that is not looked into, written with the same beginning
 * @throws SpotError (exit 66) `files-missing`, `files-not-folder`, `files-unreadable`, or `files-refused` with everything
 *   that cannot be sent: devices, sockets, named pipes, links that lead outside, names that are not plain text
 */
export async function scanFiles(dir: string, leftOut: string | null = null): Promise<ScannedTree> {
  await requireFolder(dir);
  const walk: Walk = { root: dir, leftOut, isIgnored: await readIgnoreRules(dir), entries: [], refusals: [] };
  await visitFolder(walk, '');
  if (walk.refusals.length > 0) throw refused(walk);
  return { root: dir, entries: sortByBytes(walk.entries, (entry) => entry.path) };
}

async function requireFolder(dir: string): Promise<void> {
  try {
    await (await opendir(dir)).close();
  } catch (error) {
    throw folderFailure(dir, error);
  }
}

function folderFailure(dir: string, error: unknown): SpotError {
  switch (codeOf(error)) {
    case 'ENOENT':
      return inputError(
        'files-missing',
        `there is no files folder at ${dir}; make it, or send none with --no-files`,
        error,
      );
    case 'ENOTDIR':
      return inputError('files-not-folder', `${dir} is not a folder; name the folder that holds the files`, error);
    default:
      return unreadable(dir, error, 'make it readable, or send none with --no-files');
  }
}

/** @param folder relative to the root, '' for the root itself */
async function visitFolder(walk: Walk, folder: string): Promise<void> {
  const children = await look(walk, folder, (path) => readdir(path, { withFileTypes: true }));
  const prefix = folder === '' ? '' : `${folder}/`;
  await Promise.all(children.map((child) => visitEntry(walk, prefix + child.name, child)));
}

async function visitEntry(walk: Walk, path: string, found: Dirent): Promise<void> {
  if (path === IGNORE_FILE || join(walk.root, path) === walk.leftOut) return;
  if (walk.isIgnored(path, found.isDirectory())) return;
  const reason = nameRefusal(found.name);
  if (reason !== null) walk.refusals.push({ path, reason });
  else if (found.isFile()) await visitFile(walk, path);
  else if (found.isDirectory()) await visitSubfolder(walk, path);
  else if (found.isSymbolicLink()) await visitLink(walk, path);
  else walk.refusals.push({ path, reason: kindOf(found) });
}

async function visitFile(walk: Walk, path: string): Promise<void> {
  const { size, mode } = await look(walk, path, (absolute) => lstat(absolute));
  walk.entries.push({ type: 'file', path, sizeBytes: size, mode: mode & 0o777 });
}

async function visitSubfolder(walk: Walk, path: string): Promise<void> {
  const { mode } = await look(walk, path, (absolute) => lstat(absolute));
  walk.entries.push({ type: 'directory', path, mode: mode & 0o777 });
  await visitFolder(walk, path);
}

async function visitLink(walk: Walk, path: string): Promise<void> {
  const target = await look(walk, path, (absolute) => readlink(absolute));
  const reason = await look(walk, path, () => linkRefusal(walk.root, path, target));
  if (reason === null) walk.entries.push({ type: 'link', path, target });
  else walk.refusals.push({ path, reason });
}

async function look<T>(walk: Walk, path: string, read: (path: string) => Promise<T>): Promise<T> {
  const location = join(walk.root, path);
  try {
    return await read(location);
  } catch (error) {
    throw unreadable(location, error);
  }
}

function refused({ root, refusals }: Walk): SpotError {
  const list = sortByBytes(refusals, ({ path }) => path).map(({ path, reason }) => `${printable(path)} (${reason})`);
  const message =
    `${plural(list.length, 'entry', 'entries')} of ${root} cannot be sent: ${list.join(', ')}; ` +
    `remove what you do not need, or name it in ${join(root, IGNORE_FILE)}`;
  return inputError('files-refused', message);
}

/** A path as it may stand in a message: one that could harm a terminal is written with escapes. */
function printable(path: string): string {
  return nameRefusal(path) === null ? path : quoteText(path);
}
