import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import Driver from 'better-sqlite3';
import { afterEach } from 'vitest';
import { PostgresDatabase } from '../../src/state/postgres/postgres-database.ts';
import { SqliteDatabase } from '../../src/state/sqlite/sqlite-database.ts';
import { openState } from '../../src/state/state.ts';
import type { State } from '../../src/state/state.ts';
import { NOW } from './records.ts';

export const fixedClock = { now: () => Date.parse(NOW) };

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});

/** A folder of the test's own, gone after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spot-state-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether the tests of this file run on PostgreSQL this time: they do on both. */
export const ON_POSTGRES = process.env['TEST_STATE_ON'] === 'postgres';

let database: string | null = null;

/** What states are opened with from now on. */
export function useDatabase(url: string | null): void {
  database = url;
}

/** URL of the test's own database, or null: the state is in a file. */
export function databaseOfTest(): string | null {
  return database;
}

/** An open state that is closed after the test. */
export function openedState(stateDir: string, clock = fixedClock, user?: string): State {
  const state = openState(stateDir, { clock, database, ...(user === undefined ? {} : { user }) });
  cleanUps.push(() => state.close());
  return state;
}

/** Does what another program would do to the state, on either database. @returns rows of a SELECT */
export function behind({ path }: State, sql: string): unknown[] {
  const opened = database === null ? new SqliteDatabase(path) : new PostgresDatabase(database, 'test');
  try {
    if (sql.startsWith('SELECT')) return opened.all(sql);
    opened.script(sql);
    return [];
  } finally {
    opened.close();
  }
}

/** Does what another program would do to the file. */
export function withDriver<Result>(file: string, work: (driver: Driver.Database) => Result): Result {
  const driver = new Driver(file);
  try {
    return work(driver);
  } finally {
    driver.close();
  }
}

/** Runs `work` as a user whom file permissions bind: root goes through all of them. */
export function unprivileged<Result>(work: () => Result): Result {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  const back = (): void => process.seteuid?.(0);
  let result: Result;
  try {
    result = work();
  } catch (error) {
    back();
    throw error;
  }
  if (!(result instanceof Promise)) back();
  else return result.finally(back) as Result;
  return result;
}
