import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyVersion } from '../../src/payload/verify.ts';
import { MIGRATIONS } from '../../src/state/migrations.ts';
import { compile, runAtOnce } from './compile.ts';
import { anInstance } from './records.ts';
import { openedState, temporaryFolder, withDriver } from './support.ts';

const PROCESSES = 20;

test('twenty processes that meet a new folder make one state file, and nothing anyone adds is lost', async () => {
  const folder = temporaryFolder();
  const stateDir = join(folder, 'state');
  const program = compile('add-instances', folder);
  await runAtOnce(program, PROCESSES, (index) => [stateDir, `p${index}`]);
  const ids = openedState(stateDir)
    .instances.list()
    .map((instance) => instance.instanceId);
  expect(new Set(ids).size).toBe(PROCESSES * 10);
  expect(readdirSync(stateDir).sort()).toEqual(['state.db', 'state.db-shm', 'state.db-wal']);
});

test('twenty processes that meet an older state file migrate it exactly once, and keep one copy', async () => {
  const folder = temporaryFolder();
  const state = openedState(join(folder, 'state'));
  state.instances.add([anInstance('i-1')]);
  state.close();
  await runAtOnce(compile('migrate-once', folder), PROCESSES, () => [state.path]);
  const copy = `state.db.v${MIGRATIONS.length}.bak`;
  expect(readdirSync(join(folder, 'state')).sort()).toEqual(['state.db', copy]);
  withDriver(join(folder, 'state', copy), (driver) => {
    expect(driver.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    expect(driver.prepare('SELECT instance_id FROM instances').pluck().all()).toEqual(['i-1']);
  });
});

test('versions that eight processes add at once all get a number of their own, and all are on disk', async () => {
  const count = 8;
  const folder = temporaryFolder();
  const stateDir = join(folder, 'state');
  await runAtOnce(compile('add-payloads', folder), count, (index) => [stateDir, `p${index}`]);
  const records = openedState(stateDir).payloads.list();
  expect(records.map(({ version }) => version)).toEqual(Array.from({ length: count * 3 }, (_, index) => index + 1));
  expect(new Set(records.map(({ checksum }) => checksum)).size).toBe(count * 3);
  expect(records.filter(({ isActive }) => isActive)).toHaveLength(1);
  for (const record of records) expect(await verifyVersion(record, stateDir)).toEqual([]);
  execFileSync('sh', ['-c', 'sha256sum -c --quiet *.sha256'], { cwd: join(stateDir, 'payloads') });
});
