import { renameSync, rmSync, writeFileSync } from 'node:fs';
import Driver from 'better-sqlite3';
import type { Database } from '../database.ts';
import { brokenState, explainDriverError, unusableState } from '../state-error.ts';

/** How long a statement waits for another process to finish its transaction. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * One open SQLite file: statements are prepared at first use and kept, and the driver's errors about the file come out
 * as sentences.
 */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly path: string;
  readonly #driver: Driver.Database;
  readonly #statements = new Map<string, Driver.Statement>();
  /** made once: that takes the driver as long as a statement */
  readonly #atomically: Driver.Transaction<(work: () => unknown) => unknown>;

  /** @throws SpotError where the file is missing, unreadable, locked or no SQLite file */
  constructor(path: string) {
    this.path = path;
    this.#driver = this.#explain(() => openFile(path));
    this.#atomically = this.#driver.transaction((work) => work());
  }

  all(sql: string, ...parameters: unknown[]): unknown[] {
    return this.#explain(() => this.#prepare(sql).all(...parameters));
  }

  get(sql: string, ...parameters: unknown[]): unknown {
    return this.#explain(() => this.#prepare(sql).get(...parameters));
  }

  run(sql: string, ...parameters: unknown[]): number {
    return this.#explain(() => this.#prepare(sql).run(...parameters).changes);
  }

  script(sql: string): void {
    this.#explain(() => this.#driver.exec(sql));
  }

  /** The write lock is taken first. */
  transaction<Result>(work: () => Result): Result {
    return this.#explain(() => this.#atomically.immediate(work)) as Result;
  }

  schemaVersion(): number {
    return this.#explain(() => Number(this.#driver.pragma('user_version', { simple: true })));
  }

  /** An existing older file is first copied to `<file>.v<version>.bak`. */
  beginMigrations(version: number): void {
    if (version === 0) this.#refuseForeignTables();
    else this.#keepCopy(`${this.path}.v${version}.bak`);
  }

  endMigrations(version: number): void {
    this.script(`PRAGMA user_version = ${version}`);
  }

  isConnected(): null {
    return null;
  }

  close(): void {
    this.#driver.close();
  }

  #refuseForeignTables(): void {
    if (this.get('SELECT 1 FROM sqlite_master LIMIT 1') === undefined) return;
    throw brokenState(this.path, 'it is a database of another program');
  }

  /** Called with the write lock held, so that nobody else writes the same copy and the version cannot change meanwhile. */
  #keepCopy(copy: string): void {
    const partial = `${copy}.partial`;
    try {
      rmSync(partial, { force: true });
      writeFileSync(partial, '', { mode: 0o600, flag: 'wx' });
      this.#copyTo(partial);
      renameSync(partial, copy);
    } catch (error) {
      throw unusableState(`the copy ${copy}`, error);
    }
  }

  /**
   * Writes the committed content to an empty file, on a connection of its own: VACUUM is refused inside a transaction,
   * and this one reads past it.
   */
  #copyTo(emptyFile: string): void {
    this.#explain(() => {
      const reader = new Driver(this.path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
      try {
        reader.prepare('VACUUM INTO ?').run(emptyFile);
      } finally {
        reader.close();
      }
    });
  }

  #prepare(sql: string): Driver.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#driver.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #explain<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw explainDriverError(this.path, error);
    }
  }
}

function openFile(path: string): Driver.Database {
  const driver = new Driver(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    driver.pragma('journal_mode = WAL');
    // In WAL mode NORMAL loses nothing to kill -9 and cannot corrupt; only a power cut may take the last commits.
    // FULL would wait for the disk at every step of every instance.
    driver.pragma('synchronous = NORMAL');
    driver.pragma('foreign_keys = ON');
    return driver;
  } catch (error) {
    driver.close();
    throw error;
  }
}
