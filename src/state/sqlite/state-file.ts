import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { migrate } from '../migrate.ts';
import { brokenState, errorCode, unusableState } from '../state-error.ts';
import { SqliteDatabase } from './sqlite-database.ts';

/**
 * Makes the folder (0700) and the state file (0600) unless they are there.
 * @throws SpotError `state-unreadable` or `state-broken`
 */
export function ensureStateFile(path: string): void {
  makeStateFolder(dirname(path));
  const stats = statOf(path);
  if (stats === null) createStateFile(path);
  else if (stats.isDirectory()) throw unusableState(`the state file ${path}`, 'it is a folder');
  else if (stats.size === 0) throw brokenState(path, 'it is empty');
}

/** @throws SpotError `state-unreadable` or `state-broken` where it is, and cannot be a state file */
export function isThere(path: string): boolean {
  const stats = statOf(path);
  if (stats === null) return false;
  ensureStateFile(path);
  return true;
}

/**
 * Makes the folder (0700) unless it is there.
 * @throws SpotError `state-unreadable`
 */
export function makeStateFolder(folder: string): void {
  try {
    makeWithParents(folder);
  } catch (error) {
    const reason = errorCode(error) === 'EEXIST' ? 'it is a file' : error;
    throw unusableState(`the state folder ${folder}`, reason);
  }
}

/** Not mkdir's own `recursive`: where nothing can be made, as below /proc, that tries again for ever. */
function makeWithParents(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && statOf(folder)?.isDirectory()) return;
    if (errorCode(error) !== 'ENOENT' || existsSync(dirname(folder))) throw error;
    makeWithParents(dirname(folder));
    makeWithParents(folder);
  }
}

/** Null where there is nothing. @throws SpotError (exit 78) where nobody can say */
export function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw unusableState(`the state file ${path}`, error);
  }
}

/**
 * The file is made complete in a folder of its own and then linked into place, which happens at once or not at all.
 * So no other process sees it half made, and an empty `state.db` is always damage, never a beginning.
 */
function createStateFile(path: string): void {
  try {
    const folder = mkdtempSync(join(dirname(path), '.new-'));
    try {
      const draft = join(folder, basename(path));
      // SQLite gives `-wal` and `-shm` the mode of the file itself.
      writeFileSync(draft, '', { mode: 0o600, flag: 'wx' });
      fillStateFile(draft);
      linkUnlessThere(draft, path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (error) {
    throw unusableState(`the state file ${path}`, error);
  }
}

function fillStateFile(path: string): void {
  const database = new SqliteDatabase(path);
  try {
    migrate(database);
  } finally {
    database.close();
  }
}

function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    // Another process was first: its file is as good.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
