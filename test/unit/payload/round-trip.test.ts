import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, utimesSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, packFolder, readTree, unpack, writeTree, type Node, type Tree } from './support.ts';
import { ODD, trees } from './trees.ts';

const BUSYBOX = requireProgram('busybox');

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
