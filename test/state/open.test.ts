import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Driver from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { SqliteDatabase } from '../../src/state/sqlite/sqlite-database.ts';
import { explainDriverError } from '../../src/state/state-error.ts';
import { anInstance } from './records.ts';
import { openedState, temporaryFolder, unprivileged, withDriver } from './support.ts';

const ADVICE = 'check its permissions and the free space, or set state_dir to another folder';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('a state folder that is not there yet', () => {
  test('is made with an empty fleet in it', () => {
    const state = openedState(join(temporaryFolder(), 'a', 'state'));
    expect(state.instances.list()).toEqual([]);
    expect(state.runs.list()).toEqual([]);
  });

  test('is closed to other users, and so are the files in it while they are in use', () => {
    const folder = join(temporaryFolder(), 'a', 'state');
    openedState(folder).instances.add([anInstance('i-1')]);
    expect(modeOf(join(folder, '..'))).toBe('700');
    expect(modeOf(folder)).toBe('700');
    expect(readdirSync(folder).map((name) => `${name} ${modeOf(join(folder, name))}`)).toEqual([
      'state.db 600',
      'state.db-shm 600',
      'state.db-wal 600',
    ]);
  });

  test('keeps what is written when it is opened again', () => {
    const folder = temporaryFolder();
    const first = openedState(folder);
    first.instances.add([anInstance('i-1')]);
    first.close();
    expect(openedState(folder).instances.list()).toEqual([anInstance('i-1')]);
  });
});

test('every connection waits for locks, heeds foreign keys, and lets readers and a writer pass each other', () => {
  const database = new SqliteDatabase(openedState(temporaryFolder()).path);
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map((name) =>
    database.get(`PRAGMA ${name}`),
  );
  database.close();
  const normal = 1;
  expect(settings).toEqual([{ journal_mode: 'wal' }, { synchronous: normal }, { foreign_keys: 1 }, { timeout: 5000 }]);
});

test('a lock that is held for too long is told apart from damage', () => {
  const { path } = openedState(temporaryFolder());
  withDriver(path, (holder) => {
    holder.exec('BEGIN IMMEDIATE');
    const impatient = new Driver(path, { timeout: 0 });
    try {
      impatient.exec('BEGIN IMMEDIATE');
    } catch (error) {
      expect(explainDriverError(path, error)).toMatchObject({
        code: 'state-busy',
        exitCode: 78,
        message: `the state file ${path} has been locked by another program for too long; try again when it has finished`,
      });
    } finally {
      impatient.close();
    }
  });
  expect.assertions(1);
});

describe('a state file that cannot be trusted is an error, never an empty fleet', () => {
  const damages: [what: string, damage: (file: string) => void, reason: string][] = [
    ['text', (file) => writeFileSync(file, 'instances:\n  - web1\n'.repeat(100)), 'file is not a database'],
    ['nothing at all', (file) => writeFileSync(file, ''), 'it is empty'],
    ['its first 100 bytes only', (file) => truncateSync(file, 100), 'database disk image is malformed'],
    ['its first page only', (file) => truncateSync(file, 4096), 'database disk image is malformed'],
    ['half of its pages', (file) => truncateSync(file, statSync(file).size / 2), 'database disk image is malformed'],
    ['rubbish from the start', (file) => overwrite(file, 0), 'file is not a database'],
    [
      'no table of ours',
      (file) => withDriver(file, (driver) => driver.exec('DROP TABLE instances')),
      'no such table: instances',
    ],
    ['rubbish from its second page on', (file) => overwrite(file, 4096), 'database disk image is malformed'],
  ];

  test.each(damages)('it holds %s', (_what, damage, reason) => {
    const folder = temporaryFolder();
    const file = join(folder, 'state.db');
    openedState(folder).close();
    damage(file);
    expect(() => openedState(folder).instances.list()).toThrow(
      expect.objectContaining({
        code: 'state-broken',
        exitCode: 78,
        message: `the state file ${file} is broken (${reason}); restore a copy of it, or move it away and add the instances again`,
      }),
    );
  });

  test('it belongs to another program', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'state.db');
    withDriver(file, (driver) => driver.exec('CREATE TABLE songs (title TEXT)'));
    expect(() => openedState(folder)).toThrow(
      expect.objectContaining({
        code: 'state-broken',
        message: `the state file ${file} is broken (it is a database of another program); restore a copy of it, or move it away and add the instances again`,
      }),
    );
  });
});

function overwrite(file: string, from: number): void {
  const content = readFileSync(file);
  writeFileSync(file, content.fill(0xff, from));
}

describe('a state file or folder that cannot be used says why', () => {
  test('the folder is a file', () => {
    const folder = join(temporaryFolder(), 'state');
    writeFileSync(folder, 'not a folder');
    expect(() => openedState(folder)).toThrow(unusable(`the state folder ${folder}`, 'it is a file'));
  });

  test('the folder lies below a file', () => {
    const folder = join(temporaryFolder(), 'file', 'state');
    writeFileSync(join(folder, '..'), 'not a folder');
    expect(() => openedState(folder)).toThrow(unusable(`the state folder ${folder}`, 'not a directory'));
  });

  test('the folder lies where nothing can be made', () => {
    expect(() => openedState('/proc/nowhere/state')).toThrow(
      unusable('the state folder /proc/nowhere/state', 'no such file or directory'),
    );
  });

  test('the file is a folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state.db'));
    expect(() => openedState(folder)).toThrow(unusable(`the state file ${folder}/state.db`, 'it is a folder'));
  });

  test('the file is a link that leads nowhere', () => {
    const folder = temporaryFolder();
    symlinkSync('nowhere', join(folder, 'state.db'));
    const reason = 'unable to open database file';
    expect(() => openedState(folder)).toThrow(unusable(`the state file ${folder}/state.db`, reason));
  });

  test('the file may not be read', () => {
    const folder = temporaryFolder();
    openedState(folder).close();
    chmodSync(folder, 0o777);
    chmodSync(join(folder, 'state.db'), 0o000);
    const reason = 'unable to open database file';
    expect(() => unprivileged(() => openedState(folder))).toThrow(
      unusable(`the state file ${folder}/state.db`, reason),
    );
  });

  test('the folder may not be entered', () => {
    const parent = temporaryFolder();
    const folder = join(parent, 'state');
    mkdirSync(folder, { mode: 0o000 });
    chmodSync(parent, 0o755);
    expect(() => unprivileged(() => openedState(folder))).toThrow(
      unusable(`the state file ${folder}/state.db`, 'permission denied'),
    );
  });

  test('the folder may not be made', () => {
    const parent = temporaryFolder();
    chmodSync(parent, 0o555);
    const folder = join(parent, 'state');
    expect(() => unprivileged(() => openedState(folder))).toThrow(
      unusable(`the state folder ${folder}`, 'permission denied'),
    );
  });

  test('the folder may not be written', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    expect(() => unprivileged(() => openedState(folder))).toThrow(
      unusable(`the state file ${folder}/state.db`, 'permission denied'),
    );
  });
});

function unusable(what: string, reason: string): unknown {
  const message = `${what} cannot be used (${reason}); ${ADVICE}`;
  return expect.objectContaining({ code: 'state-unreadable', exitCode: 78, message });
}
