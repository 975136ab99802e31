import { hostname } from 'node:os';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { currentClient, nameOfClient } from '../../src/state/client.ts';
import { PostgresDatabase } from '../../src/state/postgres/postgres-database.ts';
import { hasPostgres } from '../helpers/postgres.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { aTable, eachOnPostgres, INSERT, notes } from './each-on-postgres.ts';
import { anInstance } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const KILL = `SELECT pg_terminate_backend(pid) AS killed FROM pg_stat_activity
  WHERE application_name LIKE 'spot %' AND datname = current_database() AND pid <> pg_backend_pid()`;

/** Ends all connections of spot to the database, at once. */
function killConnections(url: string): void {
  const killer = new PostgresDatabase(url, 'killer');
  killer.all(KILL);
  killer.close();
}

describe.skipIf(!hasPostgres())('PostgreSQL', () => {
  const on = eachOnPostgres();

  function aState() {
    return openedState(temporaryFolder());
  }

  describe('a connection that breaks', () => {
    test('is made again before the next call, be it a read, a write or a transaction', () => {
      const state = aState();
      for (const [id, call] of Object.entries({
        read: () => state.instances.find('i-1'),
        write: () => state.instances.pinHostKey('i-1', 'ssh-ed25519 AAAA'),
        transaction: () => state.instances.add([anInstance('i-1')]),
      })) {
        killConnections(on.url);
        expect(call, id).not.toThrow();
      }
      expect(state.instances.list()).toHaveLength(1);
    });

    test('in the middle of a transaction undoes it, and says so, even where somebody hides the error', () => {
      const database = aTable(on.url);
      const lost = expect.objectContaining({
        code: 'database-lost',
        exitCode: 78,
        message: `the connection to the database ${database.path} broke in the middle of a change, which is undone; try again`,
      }) as Error;
      const interrupted = () =>
        database.transaction(() => {
          database.run(INSERT, 'first');
          killConnections(on.url);
          database.run(INSERT, 'second');
        });
      expect(interrupted).toThrow(lost);
      const hidden = () =>
        database.transaction(() => {
          database.run(INSERT, 'first');
          killConnections(on.url);
          expect(() => database.run(INSERT, 'second')).toThrow(lost);
          expect(() => database.transaction(() => database.run(INSERT, 'third'))).toThrow(lost);
        });
      expect(hidden).toThrow(lost);
      expect(notes(database)).toEqual([]);
    });

    test('while the server is told to commit leaves it open whether it was written, and nothing is written again', () => {
      const database = aTable(on.url);
      database.script(`
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION die()`);
      const unknown = expect.objectContaining({
        code: 'database-lost',
        message: `the connection to the database ${database.path} broke while a change was being completed; whether it was is not known: look before you try again`,
      }) as Error;
      expect(() => database.run(INSERT, 'first')).toThrow(unknown);
      expect(() => database.transaction(() => database.run(INSERT, 'second'))).toThrow(unknown);
      expect(notes(database)).toEqual([]);
    });

    test('to a server that has stopped is made again once it is back', async () => {
      const state = aState();
      const database = aTable(on.url, 300);
      await on.server.stop();
      try {
        const unreachable = expect.objectContaining({
          code: 'database-unreachable',
          exitCode: 78,
          message: `the database ${state.path} cannot be reached (nobody listens there); check that it runs, and what database or SPOT_DATABASE says`,
        }) as Error;
        expect(() => aState()).toThrow(unreachable);
        expect(() => notes(database)).toThrow(unreachable);
      } finally {
        await on.server.start();
      }
      state.instances.add([anInstance('i-1')]);
      expect(database.run(INSERT, 'first')).toBe(1);
    });

    test('silently is given up after a while', () => {
      const database = aTable(on.url, 300);
      const pid = (database.get('SELECT pg_backend_pid() AS pid') as { pid: number }).pid;
      process.kill(pid, 'SIGSTOP');
      try {
        // a new process of the server answers
        expect(notes(database)).toEqual([]);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    });
  });

  describe('a process elsewhere', () => {
    const foreign = { ...currentClient(), hostName: `not-${hostname()}` };

    test('lives as long as it is connected, and comes back by itself when the connection breaks', async () => {
      const state = aState();
      expect(state.isAlive(currentClient())).toBe(true);
      expect(state.isAlive(foreign)).toBe(false);
      const connection = new PostgresDatabase(on.url, nameOfClient(foreign));
      expect(state.isAlive(foreign)).toBe(true);
      killConnections(on.url);
      await waitFor('the connection to be there again', () => state.isAlive(foreign));
      connection.close();
      await waitFor('the connection to be gone', () => !state.isAlive(foreign));
    });
  });
});
