import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, utimesSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, packFolder, readTree, unpack, writeTree, type Node, type Tree } from './support.ts';

const BUSYBOX = requireProgram('busybox');

const LONG = 'a-name-of-more-than-one-hundred-letters-'.repeat(5);

const ODD: Tree = {
  '-rf': file('minus'),
  '...': file('dots'),
  'a b  c ': file('blanks'),
  'back\\slash': file('backslash'),
  'percent%20': file(''),
  'quo\'te"s': file('quotes'),
  empty: directory(0o700),
  'empty/inner': directory(0o711),
  'grüße/日本語/\u{1F600}.txt': file('not ASCII', 0o640),
  'nfd-e\u0301': file('not normalised'),
  [`${LONG}.txt`]: file('long'),
  [`${LONG}/${LONG}/${LONG}`]: file('very long', 0o755),
  [`${LONG}/to-long`]: link(`${LONG}/${LONG}`),
  'links/up': link('../a b  c '),
  'links/deep/up-twice': link('../../grüße/日本語'),
  'links/dangling': link('nowhere/at-all'),
  'links/self': link('.'),
  'modes/all': file('', 0o777),
  'modes/owner-only': file('', 0o400),
  'read-only': directory(0o555),
  'read-only/below': directory(0o500),
  'read-only/below/x': file('in a closed folder', 0o444),
};

let folder: string;
let root: string;

beforeEach(() => {
  folder = tempDir();
  root = join(folder, 'files');
  // The unpacking user has to reach it.
  chmodSync(folder, 0o755);
  // Folders without the w bit cannot be emptied.
  onTestFinished(() => void execFileSync('chmod', ['-R', 'u+rwx', folder]));
});

describe.each([
  ['GNU tar', ['tar'], (tree: Tree) => tree, true],
  ['busybox tar', [BUSYBOX ?? '', 'tar'], openedUp, BUSYBOX !== null],
] as const)('what %s unpacks', (_, tar, expected, isThere) => {
  test.skipIf(!isThere)('is what was packed, odd names and closed folders included', async () => {
    writeTree(root, ODD);
    const { path } = await packFolder(root, join(folder, 'out'));
    expect(unpack(tar, path, join(folder, 'there'))).toBe('');
    expect(readTree(join(folder, 'there', 'files'))).toEqual(expected(readTree(root)));
  });

  test.skipIf(!isThere)('is what was packed, for any tree', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(trees(), async (tree) => {
        const there = join(folder, 'there');
        writeTree(root, tree);
        try {
          const { path } = await packFolder(root, join(folder, 'out'));
          expect(unpack(tar, path, there)).toBe('');
          expect(readTree(join(there, 'files'))).toEqual(expected(readTree(root)));
        } finally {
          execFileSync('chmod', ['-R', 'u+rwx', folder]);
          for (const done of [root, there]) rmSync(done, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('equal content has one digest', () => {
  test('whatever its order of creation, its times, its place and the working directory', async () => {
    const other = join(folder, 'another place', 'files');
    writeTree(root, ODD);
    writeTree(
      other,
      Object.fromEntries(
        Object.entries(ODD)
          .filter(([path]) => !path.startsWith('read-only'))
          .reverse(),
      ),
    );
    writeTree(other, Object.fromEntries(Object.entries(ODD).filter(([path]) => path.startsWith('read-only'))));
    utimesSync(join(other, '-rf'), 1, 1);
    const before = await packFolder(root, join(folder, 'out'));
    const cwd = process.cwd();
    process.chdir(join(folder, 'another place'));
    onTestFinished(() => process.chdir(cwd));
    const after = await packFolder('files', relative(process.cwd(), join(folder, 'out')));
    expect(after).toEqual(before);
    expect(posix.isAbsolute(after.path)).toBe(true);
  });

  test.each<[string, Tree]>([
    ['a name', { b: file('x') }],
    ['a content', { a: file('y') }],
    ['a mode', { a: file('x', 0o600) }],
    ['an empty folder', { a: file('x'), c: directory() }],
    ['a kind', { a: link('x') }],
  ])('and another one where %s differs', async (_, tree) => {
    const out = join(folder, 'out');
    writeTree(root, { a: file('x') });
    writeTree(`${root}-2`, tree);
    expect((await packFolder(root, out)).digest).not.toBe((await packFolder(`${root}-2`, out)).digest);
  });
});

/** busybox tar, where it is not root, gives no mode to a folder that is there: closed folders stay open for their owner. */
function openedUp(tree: Tree): Tree {
  const open = (node: Node): Node => (node.type === 'directory' ? directory(node.mode | 0o700) : node);
  return Object.fromEntries(Object.entries(tree).map(([path, node]) => [path, open(node)]));
}

/** Trees of up to twelve entries, as deep as four folders; all can be read by their owner. */
function trees(): fc.Arbitrary<Tree> {
  const path = fc.array(names(), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const entries = fc.array(fc.tuple(path, nodes()), { maxLength: 12 });
  return entries.map((all) => {
    const tree: Record<string, Node> = {};
    for (const [place, node] of all) if (isFree(tree, place)) tree[place] = node;
    return tree;
  });
}

/** Whether nothing stands there, above it is nothing but folders, and below it nothing. */
function isFree(tree: Tree, place: string): boolean {
  return Object.entries(tree).every(
    ([path, { type }]) =>
      path !== place && !path.startsWith(`${place}/`) && (type === 'directory' || !place.startsWith(`${path}/`)),
  );
}

function names(): fc.Arbitrary<string> {
  const units = [fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 })];
  const long = fc
    .tuple(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), fc.nat(240))
    .map(([text, n]) => text + LONG.slice(0, n));
  return fc
    .oneof(...units, long)
    .filter((name) => Buffer.byteLength(name) <= 255 && !/^\.{1,2}$|[\p{Cc}\p{Cs}/\uFFFD]/u.test(name));
}

function nodes(): fc.Arbitrary<Node> {
  const mode = fc.nat(0o777);
  return fc.oneof(
    fc.tuple(fc.string(), mode).map(([content, bits]) => file(content, bits | 0o400)),
    mode.map((bits) => directory(bits | 0o500)),
    names().map(link),
  );
}
