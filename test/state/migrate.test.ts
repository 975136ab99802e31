import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SqliteDatabase } from '../../src/state/sqlite/sqlite-database.ts';
import { migrate } from '../../src/state/migrate.ts';
import { MIGRATIONS } from '../../src/state/migrations.ts';
import { anInstance } from './records.ts';
import { openedState, temporaryFolder, withDriver } from './support.ts';

const NEXT = MIGRATIONS.length + 1;
const WITH_NEXT = [...MIGRATIONS, 'CREATE TABLE later (id INTEGER PRIMARY KEY)'];

function stateFileWith(...ids: string[]): string {
  const state = openedState(temporaryFolder());
  state.instances.add(ids.map((id) => anInstance(id)));
  state.close();
  return state.path;
}

function migrateWith(path: string, migrations: readonly string[]): void {
  const database = new SqliteDatabase(path);
  try {
    migrate(database, migrations);
  } finally {
    database.close();
  }
}

test('an older file is brought up to date, and a copy of it as it was is kept beside it', () => {
  const path = stateFileWith('i-1');
  migrateWith(path, WITH_NEXT);
  expect(withDriver(path, (driver) => driver.pragma('user_version', { simple: true }))).toBe(NEXT);
  expect(readdirSync(join(path, '..'))).toEqual(['state.db', `state.db.v${MIGRATIONS.length}.bak`]);
  const copy = `${path}.v${MIGRATIONS.length}.bak`;
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  withDriver(copy, (driver) => {
    expect(driver.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    expect(driver.prepare('SELECT instance_id FROM instances').pluck().all()).toEqual(['i-1']);
    expect(driver.prepare("SELECT name FROM sqlite_master WHERE name = 'later'").all()).toEqual([]);
  });
});

test('the remains of a copy that was interrupted are replaced', () => {
  const path = stateFileWith('i-1');
  const copy = `${path}.v${MIGRATIONS.length}.bak`;
  writeFileSync(`${copy}.partial`, 'half');
  migrateWith(path, WITH_NEXT);
  expect(readFileSync(copy).subarray(0, 15).toString()).toBe('SQLite format 3');
});

test('a migration that fails half-way changes nothing', () => {
  const path = stateFileWith('i-1');
  const broken = [...MIGRATIONS, 'CREATE TABLE later (id INTEGER); CREATE TABLE instances (id INTEGER)'];
  expect(() => migrateWith(path, broken)).toThrow('table instances already exists');
  withDriver(path, (driver) => {
    expect(driver.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    expect(driver.prepare("SELECT name FROM sqlite_master WHERE name = 'later'").all()).toEqual([]);
  });
});

test('a file of a newer spot is refused and left as it is', () => {
  const path = stateFileWith('i-1');
  withDriver(path, (driver) => driver.pragma('user_version = 7'));
  const before = readFileSync(path);
  expect(() => openedState(join(path, '..'))).toThrow(
    expect.objectContaining({
      code: 'state-newer',
      exitCode: 78,
      message: `the state file ${path} has schema version 7, and this spot knows versions up to ${MIGRATIONS.length}; update spot, or set state_dir to another folder`,
    }),
  );
  expect(readFileSync(path).equals(before)).toBe(true);
});

/** `table: column column …` of a file that these migrations have made. */
function columnsOf(migrations: readonly string[]): unknown[] {
  const path = join(temporaryFolder(), 'state.db');
  writeFileSync(path, '');
  migrateWith(path, migrations);
  return withDriver(path, (driver) =>
    driver
      .prepare(
        `SELECT m.name || ': ' || group_concat(c.name, ' ') FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' GROUP BY m.name ORDER BY m.name`,
      )
      .pluck()
      .all(),
  );
}

const ATTEMPTS_1 =
  'attempts: run_id instance_id position name address port user stamp step started_at finished_at outcome exit_code' +
  ' signal reason error_code error_message evidence steps remote_dir stdout_path stdout_bytes stderr_path stderr_bytes';
const INSTANCES_1 =
  'instances: id instance_id name source region availability_zone instance_type state public_ip private_ip ssh_user' +
  ' ssh_port host_key tags launched_at seen_at created_at updated_at';
const RUNS_1 = 'runs: id created_at finished_at mode payload_digest payload_name payload_bytes plan client exit_code';

test.each([
  [1, [ATTEMPTS_1, INSTANCES_1, RUNS_1]],
  [
    2,
    [
      ATTEMPTS_1,
      'caches: instance_id runner_digest payload_digest remote_dir',
      'contents: payload_digest files',
      INSTANCES_1,
      'payloads: id name version payload_path checksum_path payload_size checksum is_active created_at',
      `${RUNS_1} user rerun_of`,
    ],
  ],
])('the tables of schema version %i never change: a release that differs needs a migration', (version, tables) => {
  expect(columnsOf(MIGRATIONS.slice(0, version))).toEqual(tables);
});
