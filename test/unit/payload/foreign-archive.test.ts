import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { PayloadFile } from '../../../src/model/payload.ts';
import { readForeignArchive } from '../../../src/payload/foreign-archive.ts';
import { formatManifest } from '../../../src/payload/manifest.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import {
  aFile,
  aManifest,
  entry,
  extension,
  FILES,
  foreignEntry,
  goodArchive,
  headOf,
  inFiles,
  patched,
  zipped,
} from './archives.ts';
import { packFolder, writeTree } from './support.ts';
import { ODD, trees } from './trees.ts';

const MAX_BYTES = 1_000_000;
const CONTENT = 'content';

let folder: string;

beforeEach(() => {
  folder = tempDir();
});

async function read(archive: Buffer): Promise<unknown> {
  const path = join(folder, 'uploaded');
  writeFileSync(path, archive);
  return readForeignArchive(path, MAX_BYTES);
}

/** What is said of it. */
async function refusalOf(archive: Buffer): Promise<string> {
  return read(archive).then(
    () => 'it was taken',
    (error: unknown) => (error as Error).message,
  );
}

describe('an archive that spot has packed is taken', () => {
  test('whatever is in it', async () => {
    writeTree(join(folder, 'odd'), ODD);
    const { path, manifest } = await packFolder(join(folder, 'odd'), join(folder, 'out'));
    expect(await readForeignArchive(path, MAX_BYTES)).toEqual(manifest);
    expect(await read(goodArchive())).toEqual(aManifest([aFile('a', CONTENT)]));
  });

  test('for any tree', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(trees(), async (tree) => {
        const root = join(folder, 'any');
        writeTree(root, tree);
        const { path, manifest } = await packFolder(root, join(folder, 'out'));
        expect(await readForeignArchive(path, MAX_BYTES)).toEqual(manifest);
        rmSync(root, { recursive: true, force: true });
      }),
      { numRuns: 40 },
    );
  });
});

/** Of one file, which stands behind these entries. */
function withEntries(...entries: readonly Buffer[]): Buffer {
  return zipped(...headOf(aManifest([aFile('a', CONTENT)])), ...entries);
}

/** With such files in its manifest, and in the archive. */
function withFiles(...files: readonly PayloadFile[]): Buffer {
  const entries = files.map((file) => entry({ ...file, path: `files/${file.path}` }));
  return zipped(...headOf(aManifest(files)), FILES, ...entries);
}

const A = entry(inFiles('a', CONTENT), CONTENT);
const DIRECTORY = (path: string): PayloadFile => ({ type: 'directory', path, mode: 0o755 });
const LINK = (path: string, target: string): PayloadFile => ({ type: 'link', path, target });
const UNKNOWN = 'an extended header says something that is not known';
const NOT_SPOTS = 'its manifest is not one that spot has written';
const notAs = (found: string, wanted: string): string =>
  `its entry "${found}" is not what its manifest says of "${wanted}"`;

describe('an archive is refused', () => {
  test.each<[string, Buffer, string]>([
    ['that is none', Buffer.from('#!/bin/sh\n'), 'incorrect header check'],
    ['that is empty', Buffer.alloc(0), 'unexpected end of file'],
    ['that is a zip of nothing', gzipSync(''), 'it ends too early'],
    ['that is a zip of something else', gzipSync('x'.repeat(2000)), 'a header is damaged'],
    ['without anything', zipped(), 'it holds less than its manifest names'],
    ['without a manifest', zipped(A), 'its first entry is no manifest.yaml'],
    ['whose manifest is a link', zipped(entry(LINK('manifest.yaml', 'x'))), 'its first entry is no manifest.yaml'],
    ['without a script', zipped(headOf(aManifest())[0] as Buffer, FILES), 'its second entry is not script.sh'],
    [
      'whose script is a link',
      zipped(headOf(aManifest())[0] as Buffer, entry(LINK('script.sh', '/etc/passwd')), FILES),
      'its second entry is not script.sh',
    ],
    ['without a files folder', withEntries(A), notAs('files/a', 'files')],
    ['whose files folder is a link', withEntries(entry(LINK('files', '/')), A), notAs('files', 'files')],
    ['with a file less', withEntries(FILES), 'it holds less than its manifest names'],
    ['with a file more', withEntries(FILES, A, entry(inFiles('b', 'x'), 'x')), 'it holds more than its manifest names'],
    ['with a file twice', withEntries(FILES, A, A), 'it holds more than its manifest names'],
    [
      'with a path that leads out',
      withEntries(FILES, entry(inFiles('../../a', CONTENT), CONTENT)),
      notAs('files/../../a', 'files/a'),
    ],
    ['with an absolute path', withEntries(FILES, entry(aFile('/a', CONTENT), CONTENT)), notAs('/a', 'files/a')],
    [
      'with another content',
      withEntries(FILES, entry(inFiles('a', 'CONTENT'), 'CONTENT')),
      'the SHA-256 of "files/a" is another one',
    ],
    ['with a shorter content', withEntries(FILES, entry(inFiles('a', 'x'), 'x')), notAs('files/a', 'files/a')],
    [
      'with another mode',
      withEntries(FILES, entry(inFiles('a', CONTENT, 0o755), CONTENT)),
      notAs('files/a', 'files/a'),
    ],
    [
      'with a hard link',
      withEntries(FILES, foreignEntry({ path: 'files/a', type: 'Link', linkpath: '/etc/passwd' })),
      notAs('files/a', 'files/a'),
    ],
    [
      'with a device',
      withEntries(FILES, foreignEntry({ path: 'files/a', type: 'CharacterDevice' })),
      notAs('files/a', 'files/a'),
    ],
    ['with a pipe', withEntries(FILES, foreignEntry({ path: 'files/a', type: 'FIFO' })), notAs('files/a', 'files/a')],
    [
      'with a long name of GNU',
      withEntries(FILES, foreignEntry({ path: '././@LongLink', type: 'NextFileHasLongPath' }, '../x\0'), A),
      'an entry that is no file has a content',
    ],
    [
      'with a global header',
      withEntries(FILES, extension(['path=../x'], 'GlobalExtendedHeader'), A),
      'an entry that is no file has a content',
    ],
    [
      'with two extended headers',
      withEntries(FILES, extension(['path=files/a']), extension(['path=../x']), A),
      'an extended header follows another one',
    ],
    ['with a path that GNU alone reads', withEntries(FILES, extension(['GNU.sparse.name=../x']), A), UNKNOWN],
    ['with a key twice', withEntries(FILES, extension(['path=../x', 'path=files/a']), A), UNKNOWN],
    ['with a NUL in a path', withEntries(FILES, extension(['path=files/a\0/../../x']), A), UNKNOWN],
    [
      'with a line of another length',
      withEntries(FILES, foreignEntry({ path: 'x', type: 'ExtendedHeader' }, '99 path=../x\n'), A),
      UNKNOWN,
    ],
    [
      'with an endless extended header',
      withEntries(FILES, foreignEntry({ path: 'x', type: 'ExtendedHeader', size: 2 ** 33 })),
      'an extended header is too long',
    ],
    [
      'with a size that is no number',
      withEntries(FILES, extension(['size=-1']), A),
      'an extended header has a size that is no number',
    ],
    ['with a header of GNU', withEntries(FILES, patched(A, 257, 'ustar  \0')), 'a header is not of the format ustar'],
    [
      'with a header of long ago',
      withEntries(FILES, patched(A, 257, '\0\0\0\0\0\0\0\0')),
      'a header is not of the format ustar',
    ],
    [
      'with a folder that has a content',
      withEntries(patched(FILES, 124, '00000001000'), Buffer.alloc(512), A),
      'an entry that is no file has a content',
    ],
    [
      'with entries behind an empty one',
      gzipSync(Buffer.concat([gunzipSync(goodArchive()).subarray(0, -512), A])),
      'something follows its end',
    ],
    ['with a second zip behind it', Buffer.concat([goodArchive(), gzipSync(A)]), 'something follows its end'],
    ['that is cut', goodArchive().subarray(0, -20), 'unexpected end of file'],
    [
      'with a manifest in other words',
      zipped(...headOf(aManifest(), formatManifest(aManifest()).replace('"web"', 'web'))),
      NOT_SPOTS,
    ],
    ['with a manifest that calls itself', zipped(...headOf(aManifest(), `a: &a [*a, *a]\n`)), NOT_SPOTS],
    [
      'with a manifest that is not UTF-8',
      zipped(...headOf(aManifest(), `${formatManifest(aManifest())}\ud800`)),
      NOT_SPOTS,
    ],
    [
      'with a manifest without end',
      zipped(...headOf(aManifest(), 'x'.repeat(8 * 1024 * 1024 + 1))),
      'its manifest has more than 8388608 bytes',
    ],
    ['with a control character in a path', withFiles(aFile('a\u001b[2J', '')), 'a path in it is not plain text'],
    [
      'with a line end in its interpreter',
      zipped(...headOf(aManifest([], { interpreter: ['sh\nx'] })), FILES),
      'its interpreter is not plain text',
    ],
    ['with too long a path', withFiles(aFile('x'.repeat(5000), '')), 'a path in it is not plain text'],
    ['with a name twice', withFiles(aFile('a', ''), aFile('a', '')), '"a" is there twice'],
    [
      'with a file below a link',
      withFiles(DIRECTORY('d'), LINK('l', 'd'), aFile('l/x', '')),
      '"l/x" is not in a folder',
    ],
    ['with a file below a file', withFiles(aFile('a', ''), aFile('a/x', '')), '"a/x" is not in a folder'],
    ['with a file before its folder', withFiles(aFile('d/x', ''), DIRECTORY('d')), '"d/x" is not in a folder'],
    [
      'with links that lead out one after the other',
      withFiles(DIRECTORY('d'), DIRECTORY('d/e'), LINK('d/e/top', '../..'), LINK('d/out', 'e/top/../..')),
      '"d/out" is a link to e/top/../.., which leads outside the folder',
    ],
    [
      'with links in a circle',
      withFiles(LINK('a', 'b'), LINK('b', 'a')),
      '"a" is a link to b, which leads round in a circle',
    ],
    ['with too long a link', withFiles(LINK('a', 'x'.repeat(5000))), '"a" is a link with too long a target'],
    [
      'with an absolute link',
      withFiles(LINK('a', '/etc')),
      'manifest.yaml is not valid: files.0 must not be a link that leads outside; pack the payload again',
    ],
  ])('%s', async (_, archive, message) => {
    expect(await refusalOf(archive)).toBe(message);
  });
});

test('an archive of which any one byte is another one is refused, or says the same', async () => {
  const archive = gunzipSync(goodArchive());
  const manifest = await read(goodArchive());
  await fc.assert(
    fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const other = Buffer.from(archive);
      other[at] = (other[at] as number) ^ change;
      const got = await read(gzipSync(other, { level: 1 })).catch(() => null);
      if (got !== null && at >= 1024) expect(got).toEqual(manifest);
    }),
    { numRuns: 300 },
  );
});
