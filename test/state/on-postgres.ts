import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { useDatabase } from './support.ts';

/** Runs before a file of tests: each test gets an empty database of its own instead of a state file. */
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
});

beforeEach(async () => useDatabase(await server.newDatabase()));

afterAll(() => server.close());
