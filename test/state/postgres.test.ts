import { describe, expect, test } from 'vitest';
import { migrate } from '../../src/state/migrate.ts';
import { POSTGRES_MIGRATIONS } from '../../src/state/postgres/migrations.ts';
import { openState } from '../../src/state/state.ts';
import { hasPostgres } from '../helpers/postgres.ts';
import { compile, runAtOnce } from './compile.ts';
import { aDatabase, aTable, eachOnPostgres, INSERT, notes } from './each-on-postgres.ts';
import { behind, fixedClock, openedState, temporaryFolder, useDatabase, withDriver } from './support.ts';

const PROCESSES = 8;

describe.skipIf(!hasPostgres())('a state in PostgreSQL', () => {
  const on = eachOnPostgres();

  function aState() {
    return openedState(temporaryFolder());
  }

  describe('has', () => {
    test('the tables, columns and indexes of a state file, and the archives', () => {
      const columns = `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
        WHERE table_schema = 'spot' AND table_name NOT IN ('schema_version', 'archives')`;
      const indexes = `SELECT indexname AS name FROM pg_indexes
        WHERE schemaname = 'spot' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'`;
      const state = aState();
      const found = [columns, indexes].map((sql) => (behind(state, sql) as { name: string }[]).map(({ name }) => name));
      useDatabase(null);
      const expected = withDriver(aState().path, (driver) => [
        driver
          .prepare(
            `SELECT t.name || '.' || c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'`,
          )
          .pluck()
          .all() as string[],
        driver
          .prepare(`SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite%'`)
          .pluck()
          .all() as string[],
      ]);
      expect(found.map((names) => names.sort())).toEqual(expected.map((names) => names.sort()));
    });

    test('one schema, however many processes meet the empty database, and nothing that they add is lost', async () => {
      const folder = temporaryFolder();
      await runAtOnce(compile('add-instances', folder), PROCESSES, (index) => [`${folder}/${index}`, `p${index}`]);
      const ids = new Set(
        aState()
          .instances.list()
          .map(({ instanceId }) => instanceId),
      );
      expect(ids.size).toBe(PROCESSES * 10);
    });

    test('an order of texts that does not depend on the language of the database', async () => {
      await on.server.query(`CREATE DATABASE german TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C'`);
      useDatabase(on.server.url('german'));
      const state = aState();
      for (const name of ['a', 'B', 'ä']) state.syncs.record(name, fixedClock.now().toString(), () => null);
      const rows = behind(state, 'SELECT region FROM syncs ORDER BY region');
      expect(rows).toEqual([{ region: 'B' }, { region: 'a' }, { region: 'ä' }]);
    });
  });

  describe('is migrated', () => {
    const WITH_NEXT = [...POSTGRES_MIGRATIONS, 'CREATE TABLE later (id BIGINT)'];

    test('by whoever knows more, and refused by whoever knows less', () => {
      const { path } = aState();
      const database = aDatabase(on.url);
      migrate(database, WITH_NEXT);
      expect(database.all('SELECT id FROM later')).toEqual([]);
      const known = POSTGRES_MIGRATIONS.length;
      expect(() => aState()).toThrow(
        expect.objectContaining({
          code: 'state-newer',
          exitCode: 78,
          message: `the state in ${path} has schema version ${known + 1}, and this spot knows versions up to ${known}; update spot, or set database to another one`,
        }),
      );
    });

    test('not at all where one of its scripts fails', () => {
      aState();
      const database = aDatabase(on.url);
      expect(() => migrate(database, [...WITH_NEXT, 'CREATE TABLE instances (id BIGINT)'])).toThrow('already exists');
      expect(database.schemaVersion()).toBe(POSTGRES_MIGRATIONS.length);
    });

    test('into a schema that somebody has made for it, but not into one of another program', async () => {
      await on.server.query('CREATE SCHEMA spot', on.url);
      expect(aState().instances.list()).toEqual([]);
      const url = await on.server.newDatabase();
      useDatabase(url);
      await on.server.query('CREATE SCHEMA spot CREATE TABLE songs (title TEXT)', url);
      expect(() => aState()).toThrow(/is broken \(its schema spot is of another program\)/);
    });
  });

  test('a table that is missing is a broken state', () => {
    const state = aState();
    behind(state, 'DROP TABLE syncs');
    expect(() => state.syncs.lastOf('eu-west-1')).toThrow(expect.objectContaining({ code: 'state-broken' }));
  });

  test('numbers are numbers, bytes are bytes, and a NUL in a text does not keep the rest of it from being written', () => {
    const database = aTable(on.url);
    const row = database.get(
      'SELECT count(*) AS count, 1.5 AS half, 2::bigint AS two, ?::bytea AS bytes',
      Buffer.from([0]),
    );
    expect(row).toEqual({ count: 1, half: 1.5, two: 2, bytes: new Uint8Array([0]) });
    expect(database.run(INSERT, 'a\0b')).toBe(1);
    expect(notes(database)).toEqual(['a\u{FFFD}b']);
  });

  describe('a transaction', () => {
    test('is all or nothing, and one inside it is undone alone where its error is caught', () => {
      const database = aTable(on.url);
      const refused = new Error('refused');
      database.transaction(() => {
        database.run(INSERT, 'outer');
        const inner = () =>
          database.transaction(() => {
            database.run(INSERT, 'inner');
            throw refused;
          });
        expect(inner).toThrow(refused);
        database.transaction(() => database.run(INSERT, 'second'));
      });
      expect(notes(database)).toEqual(['outer', 'second']);
      const failing = () =>
        database.transaction(() => {
          database.run(INSERT, 'third');
          throw refused;
        });
      expect(failing).toThrow(refused);
      expect(notes(database)).toEqual(['outer', 'second']);
    });

    test('in which a statement failed is not taken for one that was written', () => {
      const database = aTable(on.url);
      const careless = () =>
        database.transaction(() => {
          database.run(INSERT, 'first');
          expect(() => database.run(INSERT, null)).toThrow('not-null');
        });
      expect(careless).toThrow('a statement of the transaction had failed before');
      expect(notes(database)).toEqual([]);
    });

    test('keeps others from writing, not from reading, and who waits for too long is told', () => {
      const [database, other] = [aTable(on.url), aDatabase(on.url, 300)];
      database.transaction(() => {
        database.run(INSERT, 'first');
        expect(notes(other)).toEqual([]);
        for (const write of [() => other.run(INSERT, 'second'), () => other.transaction(() => null)]) {
          expect(write).toThrow(
            expect.objectContaining({
              code: 'state-busy',
              message: `the database ${other.path} has been locked by another program, or busy, for too long; try again when it has finished`,
            }),
          );
        }
      });
      expect(other.run(INSERT, 'second')).toBe(1);
      expect(notes(database)).toEqual(['first', 'second']);
    });
  });

  describe('is refused in a sentence', () => {
    const ADVICE = 'check the user, the password and the rights that database, SPOT_DATABASE or ~/.pgpass give';
    const as = (user: string, password: string) => on.server.url(new URL(on.url).pathname.slice(1), user, password);

    test.each([
      ['a wrong password', () => as('spot', 'nonsense'), 'password authentication failed for user "spot"'],
      ['no password', () => as('spot', ''), 'it wants a password'],
      ['no such database', () => on.server.url('none'), 'database "none" does not exist'],
      ['no TLS', () => `${on.url}?sslmode=verify-full`, 'The server does not support SSL connections'],
      ['no right to make a schema', () => as('poor', 'poor-secret'), 'permission denied for database NAME'],
    ])('%s', async (_, urlOf, reason) => {
      await on.server.query(`DROP ROLE IF EXISTS poor`);
      await on.server.query(`CREATE ROLE poor LOGIN PASSWORD 'poor-secret'`);
      const { username, host, pathname } = new URL(urlOf());
      useDatabase(urlOf());
      expect(() => aState()).toThrow(
        expect.objectContaining({
          code: 'database-refused',
          exitCode: 78,
          message: `the database postgres://${username}@${host}${pathname} refuses (${reason.replace('NAME', pathname.slice(1))}); ${ADVICE}`,
        }),
      );
    });

    test('a host that is not there, without its password', () => {
      const open = () =>
        openState(temporaryFolder(), { clock: fixedClock, database: 'postgres://a:hidden@nowhere.invalid/x' });
      expect(open).toThrow(expect.objectContaining({ code: 'database-unreachable' }));
      expect(open).not.toThrow(/hidden/);
    });
  });
});
