import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ConnectionOptions, Failure, Result, Stage, Statement } from './protocol.ts';

/** The server ends a statement by itself; only of a link that is dead nothing is heard for longer, ms. */
const GRACE_MS = 2000;

/** A server that is started again is back after a while: so often it is looked, at first and at last, ms. */
const LOOK_AGAIN_MS = 250;
const LOOK_SELDOM_MS = 10_000;

/** A link on which nothing is said is kept open by this, ms. */
const KEEP_ALIVE_MS = 10_000;

/** Whoever is stopped in the middle of a transaction keeps all others from writing for so long at most, ms. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/** Held by whoever writes to the state of this database: the letters of `spot`. */
const WRITE_LOCK = 0x73706f74;

const settings = (patienceMs: number): string =>
  `SET search_path TO spot; SET statement_timeout = ${patienceMs}; SET lock_timeout = ${patienceMs};
  SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

/** int8 and numeric: counts, sums and times in ms, all of them far below 2^53. */
const NUMBER_TYPES: readonly number[] = [20, 1700];

/** Shut down, not started yet, full, or out of patience with an idle transaction; class 08 is the link itself. */
const LOST_CODES = /^(08...|57P0[1235]|25P0[34]|53300)$/;

export class ConnectionFailure extends Error implements Failure {
  readonly stage: Stage;
  readonly code: string;

  constructor(stage: Stage, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.stage = stage;
    this.code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  }
}

/**
 * A connection to PostgreSQL that is made again when it breaks, also while nothing is asked: as long as it is there
 * others know that this process lives. What is asked again by itself has certainly changed nothing before. All failures
 * are `ConnectionFailure`s.
 */
export class Connection {
  readonly #config: pg.ClientConfig;
  readonly #patienceMs: number;
  #client: pg.Client | null = null;
  #attempt: Promise<void> | null = null;
  #isInTransaction = false;
  #isClosed = false;
  readonly #names = new Map<string, string>();

  constructor({ url, name, patienceMs }: ConnectionOptions) {
    this.#patienceMs = patienceMs;
    this.#config = {
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: patienceMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types: TYPES,
    };
  }

  /** Tries once. */
  async open(): Promise<void> {
    await this.#connect();
  }

  read(statement: Statement): Promise<Result> {
    return this.#twice(() => this.#query(statement));
  }

  /** A transaction of its own, behind the write lock. */
  async write(statement: Statement): Promise<Result> {
    const result = await this.#twice(async () => {
      await this.#begin();
      return this.#query(statement).catch((error: unknown) => this.#undo(error));
    });
    await this.commit();
    return result;
  }

  begin(): Promise<void> {
    return this.#twice(() => this.#begin());
  }

  inside(statement: Statement): Promise<Result> {
    return this.#inTransaction(() => this.#query(statement));
  }

  async script(sql: string): Promise<void> {
    await this.#inTransaction(() => this.#query(`SET LOCAL statement_timeout = 0; ${sql}`, false));
  }

  async commit(): Promise<void> {
    await this.#inTransaction(async () => {
      this.#isInTransaction = false;
      const { command } = await this.#query('COMMIT').catch((error: unknown) => {
        throw isLost(error) ? new ConnectionFailure('unknown', error) : error;
      });
      // so it ends a transaction in which a statement has failed
      if (command === 'ROLLBACK')
        throw new ConnectionFailure('asking', 'a statement of the transaction had failed before');
    });
  }

  async rollback(): Promise<void> {
    this.#isInTransaction = false;
    // without a connection there is nothing left to undo
    if (this.#client !== null) await this.#query('ROLLBACK').catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client;
    this.#client = null;
    if (client !== null) await Promise.race([client.end().catch(() => undefined), sleep(1000)]);
  }

  async #begin(): Promise<void> {
    await this.#query(`BEGIN; SELECT pg_advisory_xact_lock(${WRITE_LOCK})`).catch((error: unknown) =>
      this.#undo(error),
    );
    this.#isInTransaction = true;
  }

  async #undo(error: unknown): Promise<never> {
    await this.rollback();
    throw error;
  }

  async #inTransaction<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isInTransaction) throw new ConnectionFailure('lost', 'the connection broke');
    try {
      return await work();
    } catch (error) {
      throw toFailure(error, 'lost');
    }
  }

  /** What is lost on the way is asked once more, on a new connection. */
  async #twice<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      await this.#ready();
      try {
        return await work();
      } catch (error) {
        if (!isLost(error) || tries === 2) throw toFailure(error, 'connecting');
      }
    }
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + this.#patienceMs;
    while (this.#client === null) {
      try {
        await this.#connect();
      } catch (error) {
        if (Date.now() > deadline || !isLost((error as Error).cause)) throw error;
        await sleep(LOOK_AGAIN_MS);
      }
    }
  }

  /** One attempt at a time, whoever asks. */
  #connect(): Promise<void> {
    this.#attempt ??= this.#connectOnce().finally(() => (this.#attempt = null));
    return this.#attempt;
  }

  async #connectOnce(): Promise<void> {
    const client = new pg.Client(this.#config);
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    try {
      await client.connect();
      await client.query(settings(this.#patienceMs));
    } catch (error) {
      void client.end().catch(() => undefined);
      throw new ConnectionFailure('connecting', error);
    }
    this.#names.clear();
    this.#client = client;
  }

  #drop(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#isInTransaction = false;
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    for (let pauseMs = LOOK_AGAIN_MS; this.#client === null && !this.#isClosed; pauseMs *= 2) {
      await this.#connect().catch(() => sleep(Math.min(pauseMs, LOOK_SELDOM_MS)));
    }
    if (this.#isClosed) await this.close();
  }

  /** @param isTimed the server is told how long it may take at most */
  async #query(statement: Statement | string, isTimed = true): Promise<Result & Command> {
    const client = this.#client;
    if (client === null) throw new Error('the connection broke');
    const query = typeof statement === 'string' ? { text: statement } : this.#prepared(statement);
    const timer = isTimed ? setTimeout(() => void client.end(), this.#patienceMs + GRACE_MS) : undefined;
    try {
      const { rows, rowCount, command } = await client.query<Record<string, unknown>>(query);
      return { rows, count: rowCount ?? 0, command };
    } catch (error) {
      if (isLost(error)) {
        this.#drop(client);
        void client.end().catch(() => undefined);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #prepared({ text, values }: Statement): pg.QueryConfig {
    const known = this.#names.get(text);
    const name = known ?? `spot_${this.#names.size}`;
    if (known === undefined) this.#names.set(text, name);
    return { name, text, values: values.map(toParameter) };
  }
}

interface Command {
  readonly command: string;
}

/** Everything that is not the server's own answer, and its last words. */
function isLost(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || LOST_CODES.test(error.code ?? '');
}

function toFailure(error: unknown, whenLost: Stage): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  return new ConnectionFailure(isLost(error) ? whenLost : 'asking', error);
}

/** Bytes cross the threads as a plain array of bytes. */
function toParameter(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

type Parser = (text: string) => unknown;

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    NUMBER_TYPES.includes(oid) ? Number : (pg.types.getTypeParser(oid, format ?? 'text') as Parser),
};
