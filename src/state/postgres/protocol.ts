/** A statement with its parameters in the order of `$1`, `$2`, …. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface ConnectionOptions {
  readonly url: string;
  /** what others find in the server's list of connections */
  readonly name: string;
  /** how long it takes at most to connect, and a statement to be answered, ms */
  readonly patienceMs: number;
}

/** What the thread is asked to do with a connection; `id` is of the connection. */
export type Request = { readonly id: number } & (
  | ({ readonly kind: 'open' } & ConnectionOptions)
  /** outside of a transaction; nothing is changed */
  | { readonly kind: 'read'; readonly statement: Statement }
  /** a transaction of its own */
  | { readonly kind: 'write'; readonly statement: Statement }
  | { readonly kind: 'begin' }
  /** in the transaction that was begun */
  | { readonly kind: 'inside'; readonly statement: Statement }
  /** in the transaction that was begun, however long it takes */
  | { readonly kind: 'script'; readonly sql: string }
  | { readonly kind: 'commit' | 'rollback' | 'close' }
);

export interface Result {
  readonly rows: readonly unknown[];
  /** rows changed, or given */
  readonly count: number;
}

/**
 * What went wrong:
 * - `connecting`: there is no connection, and nothing was asked
 * - `asking`: the server refused it; nothing was changed
 * - `lost`: the connection broke in a transaction, which is undone
 * - `unknown`: it broke while the server was told to commit
 */
export type Stage = 'connecting' | 'asking' | 'lost' | 'unknown';

export interface Failure {
  readonly stage: Stage;
  /** SQLSTATE, or the system's code, or empty */
  readonly code: string;
  readonly message: string;
}

export type Answer = Result | { readonly failure: Failure };
