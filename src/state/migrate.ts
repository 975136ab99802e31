import { configError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { POSTGRES_MIGRATIONS } from './postgres/migrations.ts';
import { nameOfState } from './state-error.ts';

/**
 * Brings the schema up to the newest migration, in one transaction, however many processes try at once. An existing
 * older file is copied before; who keeps the state in PostgreSQL makes copies of his own.
 * @param migrations scripts; number n of them (from 1) leads to schema version n
 * @throws SpotError `state-newer`, `state-broken`
 */
export function migrate(
  database: Database,
  migrations: readonly string[] = database.dialect === 'sqlite' ? MIGRATIONS : POSTGRES_MIGRATIONS,
): void {
  // Looked at without the write lock first: nearly always there is nothing to do.
  if (isUpToDate(database, migrations)) return;
  database.transaction(() => {
    if (isUpToDate(database, migrations)) return;
    const version = database.schemaVersion();
    database.beginMigrations(version);
    for (const script of migrations.slice(version)) database.script(script);
    database.endMigrations(migrations.length);
  });
}

function isUpToDate(database: Database, migrations: readonly string[]): boolean {
  const version = database.schemaVersion();
  if (version > migrations.length) throw newerState(database, version, migrations.length);
  return version === migrations.length;
}

function newerState({ dialect, path }: Database, found: number, known: number): SpotError {
  const elsewhere = dialect === 'sqlite' ? 'state_dir to another folder' : 'database to another one';
  const message = `${nameOfState(path)} has schema version ${found}, and this spot knows versions up to ${known}; update spot, or set ${elsewhere}`;
  return configError('state-newer', message);
}
