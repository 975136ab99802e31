import { lstatSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { followPath } from '../../../../src/service/payloads/follow-path.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const NAMES = ['a', 'b', 'c'];

type Node = 'file' | 'folder' | { readonly link: string };

function words(): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...NAMES, '.', '..', ''), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('/'));
}

/** Folders with files, folders and links in them, two deep. */
function places(): fc.Arbitrary<[string, Node][]> {
  const path = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }).map((parts) => parts.join('/'));
  const node = fc.oneof(
    fc.constant('file' as const),
    fc.constant('folder' as const),
    words().map((link) => ({ link })),
  );
  return fc.array(fc.tuple(path, node), { maxLength: 12 });
}

function make(root: string, all: readonly [string, Node][]): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  for (const [path, node] of all) {
    try {
      if (node === 'file') writeFileSync(join(root, path), '', { flag: 'wx' });
      else if (node === 'folder') mkdirSync(join(root, path));
      else if (node.link !== '')
        symlinkSync(node.link.startsWith('/') ? root + node.link : node.link, join(root, path));
    } catch {
      // something stands there already, or no folder is above it
      continue;
    }
  }
}

/** What the kernel says: where a path leads, or the code of its error. */
function kernelOn(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

test('a path leads to where the kernel says, whatever links are on the way, and ends as it does', async () => {
  const root = join(tempDir(), 'root');
  await fc.assert(
    fc.asyncProperty(places(), fc.array(words(), { minLength: 1, maxLength: 8 }), async (all, asked) => {
      make(root, all);
      for (const path of asked.map((word) => `${root}/${word}`)) {
        const followed = followPath(path);
        expect(followed.isReached ? followed.path : followed.code).toBe(kernelOn(path));
        if (followed.isReached) expect(followed.stats.ino).toBe(lstatSync(followed.path).ino);
      }
    }),
    { numRuns: 300 },
  );
});

test('forty links are followed, and not one more', async () => {
  const root = tempDir();
  writeFileSync(join(root, '0'), '');
  for (let link = 1; link <= 41; link += 1) symlinkSync(String(link - 1), join(root, String(link)));
  expect(followPath(join(root, '40'))).toMatchObject({ isReached: true, path: join(root, '0') });
  expect(followPath(join(root, '41'))).toMatchObject({ isReached: false, code: 'ELOOP' });
  expect(kernelOn(join(root, '40'))).toBe(join(root, '0'));
  expect(kernelOn(join(root, '41'))).toBe('ELOOP');
});
