import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openVersion } from '../../src/payload/open-version.ts';
import { PayloadStore } from '../../src/payload/store.ts';
import type { ArchiveTable } from '../../src/state/archives.ts';
import { hasPostgres } from '../helpers/postgres.ts';
import { eachOnPostgres } from './each-on-postgres.ts';
import { addVersion } from './payloads.ts';
import { behind, openedState, temporaryFolder } from './support.ts';

const HOUR_MS = 3_600_000;

describe.skipIf(!hasPostgres())('an archive in a shared database', () => {
  eachOnPostgres();

  /** One of the machines. */
  function aMachine() {
    const folder = temporaryFolder();
    const state = openedState(folder);
    const { archives } = state.payloads;
    return { folder, state, store: new PayloadStore(folder, state.payloads), archives: archives as ArchiveTable };
  }

  /** Bigger than two parts: it does not compress. */
  const BIG = `: ${randomBytes(1_200_000).toString('hex')}\n`;

  test('comes to the machine that opens it, whole, for its owner alone, and with its checksum', async () => {
    const [one, two] = [aMachine(), aMachine()];
    const { record, payload } = await addVersion(one.state, one.folder, { name: 'big', text: BIG });
    expect(behind(one.state, 'SELECT COUNT(*) AS parts FROM archives')).toEqual([{ parts: 2 }]);
    const opened = await openVersion(record, two.store);
    expect(opened).toEqual({ ...payload, path: two.store.archiveOf(record.checksum) });
    expect(readFileSync(opened.path).equals(readFileSync(payload.path))).toBe(true);
    expect(statSync(opened.path).mode & 0o777).toBe(0o600);
    expect(two.store.has(record.checksum)).toBe(true);
  });

  test('that is damaged there is not taken', async () => {
    const [one, two] = [aMachine(), aMachine()];
    const { record } = await addVersion(one.state, one.folder, { name: 'deploy', text: 'echo 1\n' });
    behind(one.state, `UPDATE archives SET content = 'nonsense'`);
    await expect(openVersion(record, two.store)).rejects.toMatchObject({ code: 'archive-damaged', exitCode: 66 });
    expect(existsSync(two.store.archiveOf(record.checksum))).toBe(false);
  });

  test('of which a killed process has written a part is completed by the next one', async () => {
    const [one, two] = [aMachine(), aMachine()];
    const { record } = await addVersion(one.state, one.folder, { name: 'big', text: BIG });
    behind(one.state, 'DELETE FROM archives WHERE part > 0');
    expect(one.store.isRegistrable(record.checksum, record.payloadSize)).toBe(false);
    await addVersion(one.state, one.folder, { name: 'big', text: BIG });
    expect((await openVersion(record, two.store)).digest).toBe(record.checksum);
  });

  test('goes with its last version, at once where somebody says so, else when it has not been used for an hour', async () => {
    const { state, folder, store, archives } = aMachine();
    const { record: first } = await addVersion(state, folder, { name: 'first', text: 'echo 1\n' });
    const { record: second } = await addVersion(state, folder, { name: 'second', text: 'echo 2\n' });
    store.discard([first.checksum]);
    expect(archives.sizeOf(first.checksum)).toBe(first.payloadSize);
    state.payloads.remove('first', null);
    store.discard([first.checksum]);
    expect(archives.sizeOf(first.checksum)).toBe(0);
    state.payloads.remove('second', null);
    await store.touch(second.checksum, Date.now() + HOUR_MS);
    await store.sweep(Date.now() + HOUR_MS + 60_000);
    expect(archives.sizeOf(second.checksum)).toBe(second.payloadSize);
    await store.sweep(Date.now() + 2 * HOUR_MS + 60_000);
    expect(archives.sizeOf(second.checksum)).toBe(0);
  });
});
