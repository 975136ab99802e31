import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { configError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { brokenState, unusableState } from './state-error.ts';

/**
 * Brings the schema up to the newest migration, in one transaction, however many processes try at once. An existing
 * older file is first copied to `<file>.v<version>.bak`.
 * @param migrations scripts; number n of them (from 1) leads to schema version n
 * @throws SpotError `state-newer`, `state-broken`
 */
export function migrate(database: Database, migrations: readonly string[] = MIGRATIONS): void {
  // Looked at without the write lock first: nearly always there is nothing to do.
  if (isUpToDate(database, migrations)) return;
  database.transaction(() => {
    if (isUpToDate(database, migrations)) return;
    const version = database.schemaVersion();
    if (version === 0) refuseForeignTables(database);
    else keepCopy(database, version);
    for (const script of migrations.slice(version)) database.script(script);
    database.script(`PRAGMA user_version = ${migrations.length}`);
  });
}

function isUpToDate(database: Database, migrations: readonly string[]): boolean {
  const version = database.schemaVersion();
  if (version > migrations.length) throw newerState(database.path, version, migrations.length);
  return version === migrations.length;
}

function newerState(path: string, found: number, known: number): SpotError {
  const message = `the state file ${path} has schema version ${found}, and this spot knows versions up to ${known}; update spot, or set state_dir to another folder`;
  return configError('state-newer', message);
}

function refuseForeignTables(database: Database): void {
  if (database.get('SELECT 1 FROM sqlite_master LIMIT 1') === undefined) return;
  throw brokenState(database.path, 'it is a database of another program');
}

/** Called with the write lock held, so that nobody else writes the same copy and the version cannot change meanwhile. */
function keepCopy(database: Database, version: number): void {
  const copy = `${database.path}.v${version}.bak`;
  const partial = `${copy}.partial`;
  try {
    rmSync(partial, { force: true });
    writeFileSync(partial, '', { mode: 0o600, flag: 'wx' });
    database.copyTo(partial);
    renameSync(partial, copy);
  } catch (error) {
    throw unusableState(`the copy ${copy}`, error);
  }
}
