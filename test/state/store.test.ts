import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SpotError } from '../../src/model/errors.ts';
import { openVersion } from '../../src/payload/open-version.ts';
import { scanFiles } from '../../src/payload/scan.ts';
import { packPayload } from '../../src/payload/pack.ts';
import { registerPayload } from '../../src/payload/register.ts';
import { PayloadStore } from '../../src/payload/store.ts';
import { verifyVersion } from '../../src/payload/verify.ts';
import type { PayloadRecord } from '../../src/state/payloads.ts';
import type { State } from '../../src/state/state.ts';
import { addVersion } from './payloads.ts';
import { anInstance, aPlan } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';
import { bashScript, directory, file, link, writeTree } from '../unit/payload/support.ts';

const HOUR_MS = 3_600_000;

let stateDir: string;
let state: State;
let store: PayloadStore;

beforeEach(() => {
  stateDir = temporaryFolder();
  state = openedState(stateDir);
  store = new PayloadStore(stateDir, state.payloads);
});

function add(name: string, text: string, keep = 100) {
  return addVersion(state, stateDir, { name, text, keep });
}

/** What is in the folder of the archives. */
function stored(): string[] {
  return readdirSync(store.folder).sort();
}

function filesOf(...digests: string[]): string[] {
  return digests.flatMap((digest) => [`${digest}.sha256`, `${digest}.tar.gz`]).sort();
}

describe('a registered payload', () => {
  test('lies beside its checksum, for its owner alone, and sha256sum knows how to compare them', async () => {
    const { payload, record } = await add('deploy', 'echo 1\n');
    expect(stored()).toEqual(filesOf(payload.digest));
    for (const name of stored()) expect(statSync(join(store.folder, name)).mode & 0o777).toBe(0o600);
    const said = execFileSync('sh', ['-c', 'sha256sum -c *.sha256'], { cwd: store.folder, encoding: 'utf8' });
    expect(said).toBe(`${payload.digest}.tar.gz: OK\n`);
    expect(record).toMatchObject({
      payloadPath: `payloads/${payload.digest}.tar.gz`,
      checksumPath: `payloads/${payload.digest}.sha256`,
      payloadSize: payload.sizeBytes,
    });
  });

  test('is the same value again when it is opened', async () => {
    const root = join(stateDir, 'files');
    writeTree(root, { 'bin/run': file('12345', 0o755), closed: directory(0o500), l: link('bin/run') });
    const environment = ['LEVEL=a=b\n"c"', 'TOKEN'];
    const source = { script: bashScript(), tree: await scanFiles(root), environment, name: 'deploy' };
    const payload = await packPayload({ ...source, outDir: store.folder });
    await registerPayload(payload, { table: state.payloads, store, keep: 5, now: Date.now() });
    expect(await openVersion(state.payloads.find('deploy', 1) as PayloadRecord, store)).toEqual(payload);
  });

  test('is not opened where its archive is gone or damaged', async () => {
    const { record, payload } = await add('deploy', 'echo 1\n');
    const failure = () => openVersion(record, store).catch((error: unknown) => error as SpotError);
    writeFileSync(payload.path, 'x');
    expect(await failure()).toMatchObject({
      exitCode: 66,
      code: 'payload-damaged',
      message: `the archive of deploy@1 is damaged (the SHA-256 of ${payload.path} is another one); look closer with: spot payload verify deploy@1`,
    });
    rmSync(payload.path);
    state.payloads.archives?.forget(payload.digest);
    expect(await failure()).toMatchObject({
      exitCode: 66,
      code: 'payload-gone',
      message: `the archive of deploy@1 is gone from ${payload.path}; make it again with: spot payload add deploy <script>`,
    });
  });

  test('is refused where its archive is removed before it is registered', async () => {
    const packed = await packPayload({
      ...{ script: bashScript(), tree: null, environment: [], name: 'deploy' },
      outDir: store.folder,
    });
    rmSync(packed.path);
    await expect(
      registerPayload(packed, { table: state.payloads, store, keep: 5, now: Date.now() }),
    ).rejects.toMatchObject({ exitCode: 66, code: 'payload-removed' });
    expect(state.payloads.list()).toEqual([]);
  });

  test('may share its archive with another name, and goes with the last of them', async () => {
    const { payload, record } = await add('deploy', 'echo 1\n');
    state.payloads.add({ ...record, name: 'other' }, 5, () => store.has(payload.digest));
    state.payloads.remove('deploy', null);
    store.discard([payload.digest]);
    expect(stored()).toEqual(filesOf(payload.digest));
    state.payloads.remove('other', null);
    store.discard([payload.digest]);
    expect(stored()).toEqual([]);
  });
});

describe('the sweep', () => {
  test('takes what nobody needs once it is an hour old, and nothing that is not ours', async () => {
    const kept = await add('deploy', 'echo 1\n');
    const gone = await add('gone', 'echo 2\n');
    writeFileSync(join(store.folder, 'notes.txt'), 'mine');
    writeFileSync(join(store.folder, `${'ab'.repeat(32)}.sha256`), 'left behind');
    state.payloads.remove('gone', null);
    await store.sweep(Date.now() + HOUR_MS - 60_000);
    expect(stored()).toHaveLength(6);
    await store.sweep(Date.now() + HOUR_MS + 60_000);
    expect(stored()).toEqual([...filesOf(kept.payload.digest), 'notes.txt'].sort());
    expect(gone.payload.digest).not.toBe(kept.payload.digest);
  });

  test('spares the archive of a run that has not ended, and one that a run is about to take', async () => {
    const [used, touched] = [await add('used', 'echo 1\n'), await add('touched', 'echo 2\n')];
    const plan = aPlan('r1', [anInstance('i-1')]);
    state.ledger.runStarted({ ...plan, payload: used.payload });
    state.payloads.remove('touched', null);
    for (const name of stored()) utimesSync(join(store.folder, name), 0, 0);
    await store.touch(touched.payload.digest, Date.now());
    await store.sweep(Date.now());
    expect(stored()).toEqual(filesOf(used.payload.digest, touched.payload.digest));
  });

  test('comes with every version that is added', async () => {
    const first = await add('deploy', 'echo 1\n', 1);
    for (const name of stored()) utimesSync(join(store.folder, name), 0, 0);
    const second = await add('deploy', 'echo 2\n', 1);
    expect(second.pruned.map(({ version }) => version)).toEqual([1]);
    expect(stored()).toEqual(filesOf(second.payload.digest));
    expect(first.payload.digest).not.toBe(second.payload.digest);
  });

  test('has nothing to do where there is no folder yet', async () => {
    await expect(store.sweep(Date.now())).resolves.toBeUndefined();
  });
});

describe('verifying', () => {
  async function aVersion(): Promise<PayloadRecord> {
    const root = join(stateDir, 'files');
    const tree = { a: file('first'), b: file('second'), dir: directory(), l: link('a') };
    writeTree(root, tree);
    const source = { script: bashScript(), tree: await scanFiles(root), environment: [], name: 'deploy' };
    const payload = await packPayload({ ...source, outDir: store.folder });
    return (await registerPayload(payload, { table: state.payloads, store, keep: 5, now: Date.now() })).record;
  }

  /** Unpacks with tar, changes what is there, and packs it again in place of the archive. */
  function tamper(record: PayloadRecord, commands: string): void {
    const work = temporaryFolder();
    const path = join(stateDir, record.payloadPath);
    execFileSync('sh', ['-euc', `tar -xpzf ${path}\n${commands}\ntar -cf - * | gzip -n >${path}`], { cwd: work });
  }

  /** `path what`, with the digests and sizes left out. */
  async function damagesOf(record: PayloadRecord): Promise<string[]> {
    const damages = await verifyVersion(record, stateDir);
    return damages.map(({ path, what }) =>
      `${basename(path)} ${what}`.replaceAll(/[0-9a-f]{64}/g, 'DIGEST').replace(/\d+ bytes instead of \d+/, 'SIZE'),
    );
  }

  test('finds nothing where all is as it was', async () => {
    expect(await damagesOf(await aVersion())).toEqual([]);
  });

  test('names every file that is not as the manifest says', async () => {
    const record = await aVersion();
    tamper(
      record,
      `cd files; echo other >a; rm b; ln -s dir b; chmod 700 dir; ln -sfn b l; echo new >"c d"; cd ..; echo x >more; rm script.sh`,
    );
    expect((await damagesOf(record)).slice(1)).toEqual([
      'script.sh is missing',
      'a has the SHA-256 DIGEST instead of DIGEST',
      'b is a link instead of a file',
      'dir has mode 0700 instead of 0755',
      'l leads to b instead of a',
      'c d is not in the manifest',
      'more is not in the manifest',
    ]);
  });

  test('tells a file apart that is missing', async () => {
    const record = await aVersion();
    tamper(record, 'rm -r files/a files/l');
    expect((await damagesOf(record)).slice(1)).toEqual(['a is missing', 'l is missing']);
  });

  test.each([
    ['that is missing', 'rm manifest.yaml', 'manifest.yaml is missing'],
    [
      'that is not valid',
      'echo [] >manifest.yaml',
      'manifest.yaml cannot be read: manifest.yaml is not valid: version is missing, interpreter is missing, entrypoint is missing, environment is missing, files is missing, metadata is missing; pack the payload again',
    ],
  ])('names a manifest %s', async (_, commands, expected) => {
    const record = await aVersion();
    tamper(record, commands);
    expect((await damagesOf(record)).slice(1)).toEqual([expected]);
  });

  test('compares the archive with the registry to the last bit', async () => {
    const record = await aVersion();
    const path = join(stateDir, record.payloadPath);
    const bytes = readFileSync(path);
    // a bit of the header that means nothing to whoever unpacks it
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9);
    writeFileSync(path, bytes);
    expect(await damagesOf(record)).toEqual(['DIGEST.tar.gz has the SHA-256 DIGEST instead of DIGEST']);
  });

  test('says what is wrong with an archive that cannot be read to its end', async () => {
    const record = await aVersion();
    const path = join(stateDir, record.payloadPath);
    writeFileSync(path, gzipSync(gunzipSync(readFileSync(path)).subarray(0, 3000)));
    const damages = await damagesOf(record);
    expect(damages.slice(0, 2)).toEqual([
      'DIGEST.tar.gz has SIZE',
      'DIGEST.tar.gz cannot be unpacked to its end: it ends too early',
    ]);
    expect(damages.slice(2)).toContain('b is missing');
  });

  test('looks at the checksum file, too', async () => {
    const record = await aVersion();
    const path = join(stateDir, record.checksumPath);
    writeFileSync(path, 'x');
    expect(await damagesOf(record)).toEqual(['DIGEST.sha256 does not name the SHA-256 of the archive']);
    rmSync(path);
    rmSync(join(stateDir, record.payloadPath));
    expect(await damagesOf(record)).toEqual(['DIGEST.tar.gz is missing', 'DIGEST.sha256 is missing']);
  });
});
