import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { POSTGRES_MIGRATIONS } from './postgres/migrations.ts';
import { PostgresDatabase } from './postgres/postgres-database.ts';
import { currentClient, nameOfClient } from './client.ts';
import { inspectFile } from './sqlite/inspect-file.ts';
import { statOf } from './sqlite/state-file.ts';
import { brokenState } from './state-error.ts';

/** What can be seen of the state without opening it: nothing is made, nothing is changed. */
export interface StateInspection {
  /** of the file, or of the database without its password */
  readonly path: string;
  /** null where there is none yet */
  readonly content: {
    readonly version: number;
    readonly sizeBytes: number | null;
    readonly damages: readonly string[];
  } | null;
  /** the version of the schema that this program knows */
  readonly knownVersion: number;
  /** files and folders of ours that others may read, absolute */
  readonly open: readonly { readonly path: string; readonly mode: number; readonly wanted: number }[];
}

/**
 * @param url of a PostgreSQL database, or null
 * @throws SpotError where it cannot be read, or reached (exit 78)
 */
export function inspectState(stateDir: string, url: string | null): StateInspection {
  if (url !== null) return inspectDatabase(url);
  const path = join(stateDir, 'state.db');
  const seen = { path, knownVersion: MIGRATIONS.length };
  const stats = statOf(path);
  if (stats === null) return { ...seen, content: null, open: [] };
  if (stats.size === 0) throw brokenState(path, 'it is empty');
  const content = { ...inspectFile(path), sizeBytes: stats.size };
  return { ...seen, content, open: [tooOpen(stateDir, 0o700), tooOpen(path, 0o600)].flat() };
}

function inspectDatabase(url: string): StateInspection {
  const database: Database = new PostgresDatabase(url, nameOfClient(currentClient()));
  try {
    const version = database.schemaVersion();
    const content = version === 0 ? null : { version, sizeBytes: null, damages: [] };
    return { path: database.path, knownVersion: POSTGRES_MIGRATIONS.length, content, open: [] };
  } finally {
    database.close();
  }
}

function tooOpen(path: string, wanted: number): StateInspection['open'] {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o077) !== 0 ? [{ path, mode: mode & 0o777, wanted }] : [];
}

/** Free for us on the file system of a folder, or of the nearest one above it that there is; bytes. */
export function freeRoom(folder: string): { readonly bytes: number; readonly inodes: number | null } {
  if (!existsSync(folder) && dirname(folder) !== folder) return freeRoom(dirname(folder));
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  return { bytes: bavail * bsize, inodes: files === 0 ? null : ffree };
}
