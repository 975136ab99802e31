/**
 * The open database of the state, on SQLite or on PostgreSQL; its calls return when they are done. Rows are plain objects
 * keyed by the column names of the statement, numbers are numbers. Parameters are `?`, or `@name` of one object.
 * Statements are written so that both understand them:
 * aliases with capitals are quoted, as is `"user"`; no rowid, no JSON functions, no booleans; a write that gives rows
 * back begins with INSERT, UPDATE or DELETE.
 */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** where the state is, for messages: the path of a file, or a URL without its password */
  readonly path: string;
  all(sql: string, ...parameters: unknown[]): unknown[];
  /** The first row, or undefined. */
  get(sql: string, ...parameters: unknown[]): unknown;
  /** @returns the number of rows changed */
  run(sql: string, ...parameters: unknown[]): number;
  /** Runs statements that take no parameters and give no rows. */
  script(sql: string): void;
  /**
   * All of `work` or nothing; inside another one it is a part of it. Nobody else who writes through this interface can
   * write until it is over, so that what `work` reads cannot change under it.
   */
  transaction<Result>(work: () => Result): Result;
  /** Number of the last migration applied; 0 in a database that is new or not ours. */
  schemaVersion(): number;
  /** Called in the transaction that applies them, before the first. @throws SpotError where nothing may be changed */
  beginMigrations(version: number): void;
  /** Called when they are applied. */
  endMigrations(version: number): void;
  /** Whether a process of this name is connected; null where the database does not know who is. */
  isConnected(name: string): boolean | null;
  close(): void;
}
