import type { Database } from '../database.ts';
import { brokenState } from '../state-error.ts';
import { postgresThread } from './bridge.ts';
import { explainFailure } from './explain.ts';
import { locationOf } from './location.ts';
import { numberPlaceholders, type Numbered, valuesOf } from './placeholders.ts';
import type { Request, Result, Statement } from './protocol.ts';

/** Everything of ours is in a schema of this name, beside whatever else is in the database. */
const SCHEMA = 'spot';

type Order = Request extends infer One ? (One extends Request ? Omit<One, 'id'> : never) : never;

/** How long it takes at most to connect, and a statement to be answered, ms. */
const PATIENCE_MS = 10_000;

let opened = 0;

/**
 * The state in PostgreSQL: a thread holds the connection, and this one waits for its answers. Writers take a lock of the
 * whole database one after the other, as they do on SQLite; readers take none. A write by itself takes one question to
 * the thread, and three round trips to the server.
 */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly path: string;
  readonly #ask = postgresThread();
  readonly #id: number;
  readonly #statements = new Map<string, Numbered>();
  /** of transactions, one inside the other */
  #depth = 0;

  /**
   * @param name of this process, see `isConnected`
   * @throws SpotError `database-unreachable`, `database-refused`
   */
  constructor(url: string, name: string, patienceMs = PATIENCE_MS) {
    this.path = locationOf(url);
    opened += 1;
    this.#id = opened;
    this.#request({ kind: 'open', url, name: applicationName(name), patienceMs });
  }

  all(sql: string, ...parameters: unknown[]): unknown[] {
    const isRead = /^\s*(SELECT|WITH)\b/i.test(sql);
    return [...this.#execute(isRead ? 'read' : 'write', sql, parameters).rows];
  }

  get(sql: string, ...parameters: unknown[]): unknown {
    return this.all(sql, ...parameters)[0];
  }

  run(sql: string, ...parameters: unknown[]): number {
    return this.#execute('write', sql, parameters).count;
  }

  script(sql: string): void {
    this.transaction(() => this.#request({ kind: 'script', sql }));
  }

  transaction<R>(work: () => R): R {
    return this.#depth === 0 ? this.#outermost(work) : this.#nested(work);
  }

  schemaVersion(): number {
    // to_regclass() may remember that there was none, after somebody else has made it
    const known = `SELECT 1 AS one FROM pg_tables WHERE schemaname = ? AND tablename = 'schema_version'`;
    if (this.get(known, SCHEMA) === undefined) return 0;
    return (this.get(`SELECT version FROM ${SCHEMA}.schema_version`) as { version: number }).version;
  }

  /** An empty schema may have been made for us by somebody who has the right to. */
  beginMigrations(version: number): void {
    if (version > 0) return;
    const known = this.get('SELECT 1 AS one FROM pg_namespace WHERE nspname = ?', SCHEMA);
    if (known === undefined) this.script(`CREATE SCHEMA ${SCHEMA}`);
    if (this.get('SELECT 1 AS one FROM pg_tables WHERE schemaname = ?', SCHEMA) !== undefined) {
      throw brokenState(this.path, `its schema ${SCHEMA} is of another program`);
    }
    this.script('CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)');
  }

  endMigrations(version: number): void {
    this.run('UPDATE schema_version SET version = ?', version);
  }

  isConnected(name: string): boolean {
    const sql = 'SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND application_name = ?';
    return this.get(sql, applicationName(name)) !== undefined;
  }

  close(): void {
    this.#ask({ kind: 'close', id: this.#id });
  }

  #outermost<R>(work: () => R): R {
    this.#request({ kind: 'begin' });
    let result: R;
    try {
      this.#depth = 1;
      result = work();
    } catch (error) {
      this.#ask({ kind: 'rollback', id: this.#id });
      throw error;
    } finally {
      this.#depth = 0;
    }
    this.#request({ kind: 'commit' });
    return result;
  }

  /** What is thrown and caught again undoes the inner one alone. */
  #nested<R>(work: () => R): R {
    const savepoint = `inner_${this.#depth}`;
    this.#inside(`SAVEPOINT ${savepoint}`);
    try {
      this.#depth += 1;
      const result = work();
      this.#inside(`RELEASE ${savepoint}`);
      return result;
    } catch (error) {
      // where the connection is gone, so is all of it
      this.#ask({ kind: 'inside', id: this.#id, statement: plain(`ROLLBACK TO ${savepoint}`) });
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #inside(sql: string): void {
    this.#request({ kind: 'inside', statement: plain(sql) });
  }

  #execute(kind: 'read' | 'write', sql: string, parameters: readonly unknown[]): Result {
    const numbered = this.#numbered(sql);
    const statement = { text: numbered.text, values: valuesOf(numbered, parameters) };
    return this.#request({ kind: this.#depth > 0 ? 'inside' : kind, statement });
  }

  #numbered(sql: string): Numbered {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const numbered = numberPlaceholders(sql);
    this.#statements.set(sql, numbered);
    return numbered;
  }

  #request(order: Order): Result {
    const answer = this.#ask({ ...order, id: this.#id });
    if ('failure' in answer) throw explainFailure(answer.failure, this.path);
    return answer;
  }
}

function plain(text: string): Statement {
  return { text, values: [] };
}

/** PostgreSQL cuts it off after 63 bytes. */
function applicationName(name: string): string {
  return `spot ${name}`;
}
