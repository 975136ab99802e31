import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { useDatabase } from './support.ts';

/** Runs before a file of tests: each test gets an empty database of its own instead of a state file. */
let server: PostgresServer;
let database: string | null = null;

beforeAll(async () => {
  server = await startPostgres();
});

beforeEach(async () => {
  database = await server.newDatabase();
  useDatabase(database);
});

afterAll(async () => {
  try {
    if (database !== null) await waitFor('all clients to leave', () => isLeft(database as string));
  } finally {
    await server.close();
  }
});

/** A pool of graphile-worker is over before its connections are: one that the server ends then is an error of nobody's. */
async function isLeft(url: string): Promise<boolean> {
  const sql = `SELECT count(*) AS count FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  const [row] = await server.query(sql, url);
  return Number(row?.['count']) === 0;
}
