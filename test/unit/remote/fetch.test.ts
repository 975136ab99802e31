import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import {
  countRequest,
  linkRequest,
  listCommand,
  listProgram,
  offerRequest,
  sendCommand,
  sendProgram,
} from '../../../src/remote/fetch/program.ts';
import { type Listing, readListing } from '../../../src/run/fetch/listing.ts';
import { parsePattern } from '../../../src/run/fetch/pattern.ts';
import { LEAK_MARK, leakMark } from '../../helpers/leak-mark.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { searchPathWith, useShells } from './shells.ts';

leakCheck();
const shells = useShells();
const NONCE = 'nonce';

interface Host {
  readonly home: string;
  readonly searchPath: string;
}

/** What a program on stdin says, behind the greeting of a login shell. */
function say(command: string, program: string, { home, searchPath }: Host): Buffer {
  const env = { PATH: searchPath, HOME: home, [LEAK_MARK]: leakMark() };
  return spawnSync('sh', ['-c', `echo welcome; ${command}`], { env, cwd: home, input: program, maxBuffer: 1 << 28 })
    .stdout;
}

/** @param files DEPLOY_FILES_DIR; the home by default */
function list(text: string, host: Host, files = host.home): Promise<Listing> {
  const pattern = parsePattern(text);
  const base = { files, home: '~', root: '/' }[pattern.base];
  const said = say(listCommand(NONCE), listProgram(NONCE, base, pattern.segments), host);
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

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.skipIf(shells.areMissing)('the program that sends', () => {
  test('answers in turn, with as many bytes as were asked for', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      const path = join(host.home, "it's\na $(touch harm) -n");
      writeFileSync(path, 'content');
      symlinkSync('odd\ntarget\n', join(host.home, 'link'));
      const requests = [
        offerRequest(path, 7, null, false),
        offerRequest(path, 7, sha256('content'), false),
        offerRequest(path, 7, sha256('other'), false),
        offerRequest(path, 7, sha256('other'), true),
        // it has grown, or shrunk
        offerRequest(path, 3, null, false),
        offerRequest(path, 9, null, false),
        offerRequest(join(host.home, 'link'), 7, null, false),
        offerRequest('/dev/null', 0, null, false),
        offerRequest('/proc/self/status', 0, null, false),
        linkRequest(join(host.home, 'link')),
        linkRequest(path),
      ];
      const said = say(sendCommand(NONCE), `${sendProgram()}${requests.join('')}`, host).toString();
      return { said, harmed: existsSync(join(host.home, 'harm')) };
    });
    const answers = [
      `data ${sha256('content')}\ncontent`,
      'same\n',
      'differs\n',
      `data ${sha256('content')}\ncontent`,
      `data ${sha256('con')}\ncon`,
      `data ${sha256('content')}\ncontent\0\0`,
      'gone\n',
      'gone\n',
      'unsized\n',
      'link\nodd\ntarget\n\0',
      'gone\n',
    ];
    expect(seen).toEqual(shells.each({ said: `welcome\nSPOT1 ${NONCE}\n${answers.join('')}`, harmed: false }));
  });

  test('counts many at once, and alone what has changed since', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      const paths = ['a', 'b  c', 'gone', "it's", 'grown', '-n', 'last'].map((name) => join(host.home, name));
      for (const path of paths) if (!path.endsWith('gone')) writeFileSync(path, `${path.slice(-1)} content`);
      const offers = paths.map((path) => offerRequest(path, path.endsWith('grown') ? 3 : 9, null, false));
      return say(sendCommand(NONCE), `${sendProgram()}${countRequest(paths)}${offers.join('')}`, host).toString();
    });
    const answers = ['a content', 'c content', null, 's content', 'n c', 'n content', 't content'];
    const said = answers.map((text) => (text === null ? 'gone\n' : `data ${sha256(text)}\n${text}`)).join('');
    expect(seen).toEqual(shells.each(`welcome\nSPOT1 ${NONCE}\n${said}`));
  });
});
