import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { programOnStdin } from '../../../src/remote/program-on-stdin.ts';
import { listProgram } from '../../../src/remote/fetch/program.ts';
import { type Listing, readListing } from '../../../src/run/fetch/listing.ts';
import { parsePattern } from '../../../src/run/fetch/pattern.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { type Host, NONCE, say } from './fetch-host.ts';
import { searchPathWith, useShells } from './shells.ts';

leakCheck();
const shells = useShells();

/** @param files DEPLOY_FILES_DIR; the home by default */
function list(text: string, host: Host, files = host.home): Promise<Listing> {
  const pattern = parsePattern(text);
  const base = { files, home: '~', root: '/' }[pattern.base];
  const said = say(programOnStdin(NONCE), listProgram(NONCE, base, pattern.segments), host);
  const patience = { silenceMs: 5000, signal: new AbortController().signal };
  return readListing(Readable.from([said]), { pattern, nonce: NONCE, files: base }, patience);
}

async function refusalOf(host: Host, files: string): Promise<unknown> {
  return list('*', host, files).catch((error: unknown) => (error as { code: string }).code);
}

async function pathsOf(text: string, host: Host): Promise<string[]> {
  const { entries, refusals } = await list(text, host);
  expect(refusals).toEqual([]);
  return entries.map(({ path }) => path).sort();
}

/** Makes files with their own path in them; a path that ends with a slash is a folder. */
function makeTree(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    const isFolder = path.endsWith('/');
    mkdirSync(isFolder ? join(root, path) : dirname(join(root, path)), { recursive: true });
    if (!isFolder) writeFileSync(join(root, path), path);
  }
}

const TREE = [
  'a.csv',
  'b.txt',
  '.hidden.csv',
  'out/a.csv',
  'out/b1.csv',
  'out/bü.csv',
  'out/.secret/c.csv',
  'out/deep/er/d.csv',
  'out/empty/',
  'odd/*',
  'odd/[x]',
  'odd/\\',
  "odd/it's; touch $HOME/harm",
  'odd/two\nlines ',
  'odd/-n',
  'odd/tail\n',
];

/** What each pattern means, the same for every shell. */
const MEANINGS: readonly (readonly [pattern: string, ...paths: string[]])[] = [
  ['*.csv', 'a.csv'],
  ['?.*', 'a.csv', 'b.txt'],
  ['.hid*', '.hidden.csv'],
  ['[a-b].???', 'a.csv', 'b.txt'],
  ['[!a].???', 'b.txt'],
  ['out/b?.csv', 'out/b1.csv', 'out/bü.csv'],
  ['out/b[ü-ÿ].csv', 'out/bü.csv'],
  ['**/*.csv', 'a.csv', 'out/a.csv', 'out/b1.csv', 'out/bü.csv', 'out/deep/er/d.csv'],
  ['out/**/d.csv', 'out/deep/er/d.csv'],
  ['o[t-v]t/./deep//', 'out/deep', 'out/deep/er', 'out/deep/er/d.csv'],
  ['out/.secret', 'out/.secret', 'out/.secret/c.csv'],
  ['out/empty/**', 'out/empty'],
  ['odd/[*]', 'odd/*'],
  ['odd/[[]x]', 'odd/[x]'],
  ['odd/\\', 'odd/\\'],
  ['odd/[\\]', 'odd/\\'],
  ['odd/-?', 'odd/-n'],
  ["odd/it's; touch $HOME/harm", "odd/it's; touch $HOME/harm"],
  ["odd/*'s; touch $HOME/h?rm", "odd/it's; touch $HOME/harm"],
  ['odd/two\n*', 'odd/two\nlines '],
  ['odd/*\n', 'odd/tail\n'],
  ['$(touch harm)'],
  ['*`touch harm`*'],
  ['"; touch harm; "*'],
  ["'; touch harm; '"],
  ['no/such/*'],
  ['a.csv/*'],
];

describe.skipIf(shells.areMissing)('the program that lists', () => {
  test('finds what a pattern means, and does nothing else with it', { timeout: 60_000 }, async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      makeTree(host.home, TREE);
      const found = [];
      for (const [pattern] of MEANINGS) found.push([pattern, ...(await pathsOf(pattern, host))]);
      return { found, harmed: existsSync(join(host.home, 'harm')) };
    });
    expect(seen).toEqual(shells.each({ found: MEANINGS.map((row) => [...row]), harmed: false }));
  });

  test('begins at the home or the root, too, and says what each thing is', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      makeTree(host.home, ['x/file', 'x/sub/']);
      symlinkSync('file', join(host.home, 'x/link'));
      spawnSync('mkfifo', ['-m', '600', join(host.home, 'x/pipe')]);
      spawnSync('chmod', ['750', join(host.home, 'x/file')]);
      const [atHome, atRoot] = await Promise.all([list('~/x/*', host), list(`${host.home}/x/*`, host)]);
      const about = atHome.entries.map(({ path, kind, sizeBytes, mode }) => [
        path,
        kind,
        kind === 'file' ? sizeBytes : 0,
        kind === 'file' ? mode : 0,
      ]);
      return {
        about: about.sort(),
        refused: atHome.refusals,
        same:
          atRoot.entries
            .map(({ remotePath }) => remotePath)
            .sort()
            .join() ===
          atHome.entries
            .map(({ remotePath }) => remotePath)
            .sort()
            .join(),
      };
    });
    expect(seen).toEqual(
      shells.each({
        about: [
          ['x/file', 'file', 6, 0o750],
          ['x/link', 'link', 0, 0],
          ['x/sub', 'folder', 0, 0],
        ],
        refused: [
          { path: 'x/pipe', code: 'no-file', message: 'is a named pipe; only files, folders and links are fetched' },
        ],
        same: true,
      }),
    );
  });

  test('goes into links that the pattern names, and into no others', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      makeTree(host.home, ['real/a.csv']);
      symlinkSync('real', join(host.home, 'link'));
      symlinkSync('.', join(host.home, 'loop'));
      return [
        await pathsOf('link/*', host),
        await pathsOf('l*k/*', host),
        await pathsOf('**/*.csv', host),
        await pathsOf('l*', host),
      ];
    });
    expect(seen).toEqual(shells.each([['link/a.csv'], ['link/a.csv'], ['real/a.csv'], ['link', 'loop']]));
  });

  test('finds many, in few steps', { timeout: 30_000 }, async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `many/${'long name '.repeat(10)}${index}`);
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      makeTree(host.home, names);
      return [(await pathsOf('many/*', host)).length, (await pathsOf('many', host)).length];
    });
    expect(seen).toEqual(shells.each([1500, 1501]));
  });

  test('refuses a files folder that is none', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      symlinkSync('/', join(host.home, 'link'));
      return [await refusalOf(host, join(host.home, 'link')), await refusalOf(host, join(host.home, 'none'))];
    });
    expect(seen).toEqual(shells.each(['no-files-folder', 'no-files-folder']));
  });

  test('names a tool that is missing', async () => {
    const home = tempDir();
    const searchPath = searchPathWith(join(home, 'bin'), ['sh', 'cat', 'find']);
    expect(await refusalOf({ home, searchPath }, home)).toBe('no-such-tool');
  });
});
