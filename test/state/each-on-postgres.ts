import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import { PostgresDatabase } from '../../src/state/postgres/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useDatabase } from './support.ts';

/** The server of a file of tests, and the database of the test that runs. */
export interface OnPostgres {
  readonly server: PostgresServer;
  readonly url: string;
}

/** From here on each test gets an empty database of its own instead of a state file. */
export function eachOnPostgres(): OnPostgres {
  let server: PostgresServer;
  let url: string | null = null;
  beforeAll(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    url = await server.newDatabase();
    useDatabase(url);
  });
  afterAll(async () => {
    useDatabase(null);
    try {
      if (url !== null) await waitFor('all clients to leave', () => isLeft(server, url as string));
    } finally {
      await server.close();
    }
  });
  return {
    get server() {
      return server;
    },
    get url() {
      return url as string;
    },
  };
}

/** A pool of graphile-worker is over before its connections are: one that the server ends then is an error of nobody's. */
async function isLeft(server: PostgresServer, url: string): Promise<boolean> {
  const sql = `SELECT count(*) AS count FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  const [row] = await server.query(sql, url);
  return Number(row?.['count']) === 0;
}

/** A connection that is closed after the test. */
export function aDatabase(url: string, patienceMs?: number): PostgresDatabase {
  const database = new PostgresDatabase(url, 'test', patienceMs);
  onTestFinished(() => database.close());
  return database;
}

/** One more, and a table that is easily looked at. */
export function aTable(url: string, patienceMs?: number): PostgresDatabase {
  const database = aDatabase(url, patienceMs);
  database.script('CREATE SCHEMA IF NOT EXISTS spot; CREATE TABLE notes (note TEXT NOT NULL)');
  return database;
}

export const INSERT = 'INSERT INTO notes (note) VALUES (?)';

export function notes(database: PostgresDatabase): string[] {
  return (database.all('SELECT note FROM notes ORDER BY note') as { note: string }[]).map(({ note }) => note);
}
