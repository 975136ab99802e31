import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { PayloadStore } from '../../../../src/payload/store.ts';
import { PROBLEMS } from '../../../../src/service/problems.ts';
import { createResolver } from '../../../../src/service/payloads/resolver.ts';
import { createUploads, type PayloadUploads } from '../../../../src/service/payloads/uploads.ts';
import { openState, type State } from '../../../../src/state/state.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { goodArchive, headOf, aManifest, FILES, zipped } from '../../payload/archives.ts';
import { failureOf, packFolder, writeTree } from '../../payload/support.ts';
import { ODD } from '../../payload/trees.ts';

const MAX_BYTES = 100_000;
const ARCHIVE = goodArchive();
const DIGEST = createHash('sha256').update(ARCHIVE).digest('hex');

let stateDir: string;
let state: State;
let store: PayloadStore;
let uploads: PayloadUploads;

beforeEach(() => {
  stateDir = join(tempDir(), 'state');
  state = openState(stateDir, { clock: { now: () => Date.now() } });
  onTestFinished(() => state.close());
  store = new PayloadStore(stateDir, state.payloads);
  uploads = createUploads({
    table: state.payloads,
    store,
    keep: 3,
    maxBytes: MAX_BYTES,
    clock: { now: () => Date.now() },
  });
});

/** Bytes in pieces. @param end what happens behind them */
async function* sent(bytes: Buffer, pieceBytes = 1000, end: () => void = () => {}): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
  end();
}

function hungUp(): never {
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** Names in the folder of the archives. */
function stored(): string[] {
  return existsSync(store.folder) ? readdirSync(store.folder).sort() : [];
}

/** That nothing came of it, neither on disk nor in the registry. */
async function refusalOf(content: AsyncIterable<Buffer>): Promise<readonly [string, string]> {
  const before = stored();
  const [, code, message] = await failureOf(() => uploads.accept(content));
  expect(stored()).toEqual(before);
  expect(Object.keys(PROBLEMS)).toContain(code);
  return [code, message];
}

describe('an archive that is uploaded', () => {
  test('becomes a version, for its owner alone, and is what was sent', async () => {
    expect(await uploads.accept(sent(ARCHIVE, 7))).toEqual({ name: 'web', version: 1, digest: DIGEST });
    expect(stored()).toEqual([`${DIGEST}.sha256`, `${DIGEST}.tar.gz`]);
    for (const name of stored()) expect(statSync(join(store.folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(store.folder).mode & 0o777).toBe(0o700);
    expect(readFileSync(store.archiveOf(DIGEST))).toEqual(ARCHIVE);
    expect(state.payloads.list()).toMatchObject([{ name: 'web', version: 1, isActive: true, checksum: DIGEST }]);
  });

  test('is one version, however often and by how many at once it is sent', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => uploads.accept(sent(ARCHIVE))));
    await uploads.accept(sent(ARCHIVE));
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set([1]));
    expect(state.payloads.list()).toHaveLength(1);
    expect(stored()).toHaveLength(2);
  });

  test('may hold whatever spot packs, and is found by its digest', async () => {
    writeTree(join(stateDir, 'files'), ODD);
    const packed = await packFolder(join(stateDir, 'files'), join(stateDir, 'elsewhere'));
    const reference = await uploads.accept(sent(readFileSync(packed.path)));
    const fence = { roots: [], maxBytes: 1 };
    const options = { table: state.payloads, store, keep: 3, fence, clock: { now: () => Date.now() }, warn: () => {} };
    const found = await createResolver(options).resolve({ digest: packed.digest });
    expect(found.reference).toEqual(reference);
    expect(found.payload).toEqual({ ...packed, path: store.archiveOf(packed.digest) });
  });

  test('may have as many bytes as are allowed, and not one more', async () => {
    const options = { table: state.payloads, store, keep: 3, clock: { now: () => Date.now() } };
    const exactly = createUploads({ ...options, maxBytes: ARCHIVE.length });
    const less = createUploads({ ...options, maxBytes: ARCHIVE.length - 1 });
    expect((await failureOf(() => less.accept(sent(ARCHIVE))))[1]).toBe('payload-too-large');
    expect(stored()).toEqual([]);
    expect((await exactly.accept(sent(ARCHIVE))).digest).toBe(DIGEST);
  });
});

describe('nothing is left of an upload', () => {
  test('that ends at any byte, whether or not its client says so', async () => {
    for (let cut = 0; cut < ARCHIVE.length; cut += 3) {
      const bytes = ARCHIVE.subarray(0, cut);
      expect((await refusalOf(sent(bytes, 64, hungUp)))[0]).toBe('upload-broken');
      expect((await refusalOf(sent(bytes, 64)))[0]).toBe('upload-invalid');
    }
    expect(state.payloads.list()).toEqual([]);
  });

  test('that never ends, which is not read any further than it may have bytes', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read += 1000;
        yield await Promise.resolve(Buffer.alloc(1000));
      }
    }
    const message = `the archive has more than the ${MAX_BYTES} bytes that service.upload_max_size allows; send less, or raise it`;
    expect(await refusalOf(endless())).toEqual(['payload-too-large', message]);
    expect(read).toBe(MAX_BYTES + 1000);
  });

  test('that is anything else than an archive of a payload', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, isZipped) => {
        const content = isZipped ? gzipSync(bytes, { level: 1 }) : Buffer.from(bytes);
        expect((await refusalOf(sent(content)))[0]).toBe('upload-invalid');
      }),
      { numRuns: 100 },
    );
  });

  test('whose client was killed, once it is an hour old', async () => {
    mkdirSync(store.folder, { recursive: true });
    const left = join(store.folder, '.packing-of-a-dead-service');
    writeFileSync(left, 'half an archive');
    await uploads.accept(sent(ARCHIVE));
    expect(existsSync(left)).toBe(true);
    utimesSync(left, 1, 1);
    await uploads.accept(sent(ARCHIVE));
    expect(existsSync(left)).toBe(false);
  });

  test('that cannot be written', async () => {
    // a file stands where the folder should be: nobody can write there, whoever it is
    writeFileSync(store.folder, '');
    const [exitCode, code, message] = await failureOf(() => uploads.accept(sent(ARCHIVE)));
    expect([exitCode, code]).toEqual([78, 'archive-not-written']);
    expect(message).toBe(
      `the upload cannot be written to ${store.folder}: file already exists; make room, or choose another state_dir`,
    );
  });
});

test.each<[string, Buffer, string]>([
  ['nothing that spot packs', Buffer.from('PK\x03\x04'), 'incorrect header check'],
  ['no files folder', zipped(...headOf(aManifest())), 'it holds less than its manifest names'],
  [
    'a name that a command line would not bear',
    goodArchive({ metadata: { name: '../web' } }),
    '"../web" cannot name a payload; use up to 100 letters, digits, dots, dashes and _, and begin with a letter or digit',
  ],
  [
    'a variable that spot sets itself',
    goodArchive({ environment: ['SPOT_RUN_ID=x'] }),
    'its manifest: SPOT_RUN_ID is set by spot itself; choose another name',
  ],
  [
    'a variable that is none',
    goodArchive({ environment: ['A B=x'] }),
    "its manifest: 'A B' cannot name a variable; letters, digits and _ can, and no digit in front",
  ],
  ['a variable twice', goodArchive({ environment: ['A', 'A=1'] }), 'its manifest names a variable twice'],
  ['a NUL in a value', goodArchive({ environment: ['A=1\0'] }), 'a value in its manifest has a NUL in it'],
  ['bytes behind its end', Buffer.concat([ARCHIVE, gzipSync(FILES)]), 'something follows its end'],
])('an archive with %s is refused in a sentence', async (_, archive, what) => {
  const message = `the archive that was uploaded is refused: ${what}; send one that spot has packed, as it is`;
  expect(await refusalOf(sent(archive))).toEqual(['upload-invalid', message]);
  expect(state.payloads.list()).toEqual([]);
});
