import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkRefusal } from '../../../src/payload/link-refusal.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, writeTree, type Tree } from './support.ts';

const INSIDE = null;
const OUTSIDE = 'which leads outside the folder';

test.each<[string, Tree, string, string | null]>([
  ['to a file beside it', { a: file(''), l: link('a') }, 'l', INSIDE],
  ['to a folder above it', { 'a/b': directory(), 'a/b/l': link('../..') }, 'a/b/l', INSIDE],
  ['to its own folder', { l: link('.') }, 'l', INSIDE],
  ['to nothing', { l: link('not/yet/there') }, 'l', INSIDE],
  ['through a file, to nothing', { a: file(''), l: link('a/b') }, 'l', INSIDE],
  ['whose name begins with two dots', { '..a': file(''), l: link('..a') }, 'l', INSIDE],
  ['through another link', { 'a/b': directory(), m: link('a'), l: link('m/b') }, 'l', INSIDE],
  ['out and in again', { a: file(''), l: link('../files/a') }, 'l', OUTSIDE],
  ['outside', { l: link('../a') }, 'l', OUTSIDE],
  ['outside, to nothing', { l: link('a/../../b') }, 'l', OUTSIDE],
  [
    'outside in its words, inside when followed',
    { 'a/b': directory(), m: link('a/b'), l: link('m/../../x') },
    'l',
    OUTSIDE,
  ],
  ['outside when followed, inside in its words', { 'a/m': link('..'), l: link('a/m/../x') }, 'l', OUTSIDE],
  ['outside through a link that does', { m: link('../x'), l: link('m/y') }, 'l', OUTSIDE],
  ['through an absolute link', { m: link('/usr'), l: link('m/y') }, 'l', OUTSIDE],
  ['to an absolute path', { l: link('/usr') }, 'l', 'which is absolute'],
  ['to itself', { l: link('l') }, 'l', 'which leads round in a circle'],
  ['in a circle of two', { l: link('m'), m: link('l') }, 'l', 'which leads round in a circle'],
])('a link %s', async (_, tree, path, reason) => {
  const root = join(tempDir(), 'files');
  writeTree(root, tree);
  const { target } = tree[path] as { target: string };
  expect(await linkRefusal(root, path, target)).toBe(reason === null ? null : `a link to ${target}, ${reason}`);
});

test('a link with a control character in its target is refused, and the target not shown', async () => {
  expect(await linkRefusal(tempDir(), 'l', 'a\x1b[2J')).toBe('a link whose target is not plain text');
});
