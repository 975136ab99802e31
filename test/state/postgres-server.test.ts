import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres, type PostgresServer, startPostgres } from '../helpers/postgres.ts';

describe.skipIf(!hasPostgres())('the PostgreSQL of the tests', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  test('hands out empty databases that know nothing of each other, and keeps them when it is started again', async () => {
    const [first, second] = [await server.newDatabase(), await server.newDatabase()];
    await server.query('CREATE TABLE notes (note TEXT)', first);
    await server.query("INSERT INTO notes VALUES ('kept')", first);
    await server.stop();
    await expect(server.query('SELECT 1', first)).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(await server.query('SELECT note FROM notes', first)).toEqual([{ note: 'kept' }]);
    await expect(server.query('SELECT note FROM notes', second)).rejects.toThrow('does not exist');
  });
});
