import { describe, expect, test } from 'vitest';
import { scanFiles } from '../../../src/payload/scan.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { directory, file, link, writeTree, type Tree } from './support.ts';

const TREE: Tree = {
  '...': file(''),
  'Keep.LOG': file(''),
  'a.log': file(''),
  cache: directory(),
  'cache/x': file(''),
  'conf/.spotignore': file('*'),
  'conf/a.log': file(''),
  'conf/b.ini': file(''),
  'conf/cache/y': file(''),
  'conf/deep/c.ini': file(''),
  current: link('conf'),
};

/** The entries that .spotignore leaves out; what is in a folder left out is not counted again. */
async function leftOut(patterns: string): Promise<string[]> {
  const root = tempDir();
  writeTree(root, TREE);
  const all = (await scanFiles(root)).entries.map(({ path }) => path);
  writeTree(root, { '.spotignore': file(patterns) });
  const sent = new Set((await scanFiles(root)).entries.map(({ path }) => path));
  const gone = all.filter((path) => !sent.has(path));
  return gone.filter((path) => !gone.some((folder) => path.startsWith(`${folder}/`)));
}

describe('.spotignore', () => {
  test.each([
    ['leaves out nothing when it is empty', '', []],
    ['takes a name without a slash for any depth', '*.log', ['a.log', 'conf/a.log']],
    ['tells upper and lower case apart', '*.LOG', ['Keep.LOG']],
    ['ties a pattern with a leading slash to the top', '/*.log', ['a.log']],
    ['ties a pattern with a slash inside to the top', 'conf/*.ini', ['conf/b.ini']],
    ['takes a trailing slash for folders only', 'cache/\ncurrent/', ['cache', 'conf/cache']],
    ['crosses folders with two stars', 'conf/**/*.ini', ['conf/b.ini', 'conf/deep/c.ini']],
    ['knows ? and [..]', '?.log\nconf/[a-c].ini', ['a.log', 'conf/a.log', 'conf/b.ini']],
    ['takes back with !', '*.log\n!conf/a.log', ['a.log']],
    ['cannot take back from a folder that is left out', 'conf\n!conf/b.ini', ['conf']],
    ['skips comments and empty lines', '# all\n\n#*.log\n', []],
    ['reads CRLF line ends', '*.log\r\ncurrent\r\n', ['a.log', 'conf/a.log', 'current']],
    ['is read at the top only, and sent from below', '.spotignore', ['conf/.spotignore']],
    ['knows names of nothing but dots', '...', ['...']],
    ['may leave out everything', '*', ['...', 'Keep.LOG', 'a.log', 'cache', 'conf', 'current']],
  ])('%s', async (_, patterns, expected) => {
    expect(await leftOut(patterns)).toEqual(expected);
  });

  test('is not sent itself', async () => {
    const root = tempDir();
    writeTree(root, { '.spotignore': file('x'), a: file('') });
    expect((await scanFiles(root)).entries.map(({ path }) => path)).toEqual(['a']);
  });
});
