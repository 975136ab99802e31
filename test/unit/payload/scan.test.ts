import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { kindOf } from '../../../src/payload/file-kind.ts';
import { scanFiles } from '../../../src/payload/scan.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { asOrdinaryUser, directory, failureOf, file, link, writeTree, type Tree } from './support.ts';

let root: string;

beforeEach(() => {
  const folder = tempDir();
  chmodSync(folder, 0o755);
  root = join(folder, 'files');
});

async function pathsOf(tree: Tree): Promise<string[]> {
  writeTree(root, tree);
  return (await scanFiles(root)).entries.map(({ path }) => path);
}

describe('scanning a files folder', () => {
  test('lists files, folders and links with size, mode and target', async () => {
    writeTree(root, {
      'bin/run': file('12345', 0o755),
      conf: directory(0o700),
      'conf/a b.ini': file('', 0o600),
      current: link('bin/run'),
      empty: directory(0o750),
    });
    expect(await scanFiles(root)).toEqual({
      root,
      entries: [
        { type: 'directory', path: 'bin', mode: 0o755 },
        { type: 'file', path: 'bin/run', sizeBytes: 5, mode: 0o755 },
        { type: 'directory', path: 'conf', mode: 0o700 },
        { type: 'file', path: 'conf/a b.ini', sizeBytes: 0, mode: 0o600 },
        { type: 'link', path: 'current', target: 'bin/run' },
        { type: 'directory', path: 'empty', mode: 0o750 },
      ],
    });
  });

  test('leaves setuid, setgid and sticky bits at home', async () => {
    writeTree(root, { tool: file('x'), shared: directory() });
    chmodSync(join(root, 'tool'), 0o6755);
    chmodSync(join(root, 'shared'), 0o1777);
    const modes = (await scanFiles(root)).entries.map((entry) => entry.type !== 'link' && entry.mode);
    expect(modes).toEqual([0o777, 0o755]);
  });

  test('orders by bytes, whatever the locale would say', async () => {
    const names = ['b', 'a-b', 'Z', 'a', 'é', 'z', '\u{1F600}', '\uFF5E', 'a/x', 'a.b'];
    const tree = Object.fromEntries(names.map((name) => [name, name === 'a' ? directory() : file('x')]));
    expect(await pathsOf(tree)).toEqual(['Z', 'a', 'a-b', 'a.b', 'a/x', 'b', 'z', 'é', '\uFF5E', '\u{1F600}']);
  });

  test('does not look into the folder that is left out', async () => {
    writeTree(root, { 'a.txt': file('x'), '.spot/state.db': file('x'), 'sub/.spot/kept': file('x') });
    const { entries } = await scanFiles(root, join(root, '.spot'));
    expect(entries.map(({ path }) => path)).toEqual(['a.txt', 'sub', 'sub/.spot', 'sub/.spot/kept']);
  });

  test('finds nothing in an empty folder', async () => {
    mkdirSync(root);
    expect((await scanFiles(root)).entries).toEqual([]);
  });

  test('takes hard links for the files that they are', async () => {
    writeTree(root, { one: file('same') });
    linkSync(join(root, 'one'), join(root, 'two'));
    expect((await scanFiles(root)).entries.map(({ type, path }) => `${type} ${path}`)).toEqual([
      'file one',
      'file two',
    ]);
  });

  test('follows a link that stands for the folder itself', async () => {
    writeTree(`${root}-real`, { a: file('x') });
    symlinkSync('files-real', root);
    expect((await scanFiles(root)).entries.map(({ path }) => path)).toEqual(['a']);
  });
});

describe('a folder is refused', () => {
  test.each<[string, () => void, string, string]>([
    [
      'that does not exist',
      () => {},
      'files-missing',
      'there is no files folder at ROOT; make it, or send none with --no-files',
    ],
    [
      'that is a file',
      () => writeFileSync(root, ''),
      'files-not-folder',
      'ROOT is not a folder; name the folder that holds the files',
    ],
    [
      'that may not be listed',
      () => mkdirSync(root, { mode: 0o000 }),
      'files-unreadable',
      'ROOT cannot be read: permission denied; make it readable, or send none with --no-files',
    ],
    [
      'with a subfolder that may not be listed',
      () => writeTree(root, { secret: directory(0o000) }),
      'files-unreadable',
      'ROOT/secret cannot be read: permission denied; make it readable, or name it in .spotignore',
    ],
    [
      'with a .spotignore that is a folder',
      () => writeTree(root, { '.spotignore': directory() }),
      'files-unreadable',
      'ROOT/.spotignore cannot be read: illegal operation on a directory; ' + 'make it a readable file, or remove it',
    ],
  ])('%s', async (_, prepare, code, message) => {
    prepare();
    const failure = await asOrdinaryUser(() => failureOf(() => scanFiles(root)));
    expect(failure).toEqual([66, code, message.replaceAll('ROOT', root)]);
  });
});

describe('entries that cannot be sent', () => {
  test('are all named at once', async () => {
    writeTree(root, { 'run/x': file(''), up: link('../secret'), etc: link('/etc'), 'new\nline': file('') });
    execFileSync('mkfifo', [join(root, 'run/pipe')]);
    await listen(join(root, 'run/sock'));
    const message =
      `5 entries of ${root} cannot be sent: etc (a link to /etc, which is absolute), ` +
      '"new\\nline" (a control character in its name), run/pipe (a named pipe), run/sock (a socket), ' +
      `up (a link to ../secret, which leads outside the folder); ` +
      `remove what you do not need, or name it in ${root}/.spotignore`;
    expect(await failureOf(() => scanFiles(root))).toEqual([66, 'files-refused', message]);
  });

  test.each([
    ['a\tb', '"a\\tb" (a control character in its name)'],
    ['a\x1b[2Jb', '"a\\u001b[2Jb" (a control character in its name)'],
    ['a\x7fb', '"a\\u007fb" (a control character in its name)'],
    ['a\x9bb', '"a\\u009bb" (a control character in its name)'],
  ])('are shown without harm to the terminal: %j', async (name, shown) => {
    writeTree(root, { [name]: file('') });
    const [, , message] = await failureOf(() => scanFiles(root));
    expect(message).toBe(
      `1 entry of ${root} cannot be sent: ${shown}; ` +
        `remove what you do not need, or name it in ${root}/.spotignore`,
    );
  });

  test('are names that are no UTF-8', async () => {
    mkdirSync(root);
    writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'x');
    const [, , message] = await failureOf(() => scanFiles(root));
    expect(message).toContain('"caf\uFFFD" (a name that is not UTF-8)');
  });

  test('may be left out by .spotignore', async () => {
    writeTree(root, {
      '.spotignore': file('*.sock\n/up\nnew?line\n'),
      up: link('..'),
      'new\nline': file(''),
      a: file(''),
    });
    await listen(join(root, 'b.sock'));
    expect((await scanFiles(root)).entries.map(({ path }) => path)).toEqual(['a']);
  });

  test('are devices', () => {
    expect(kindOf(lstatSync('/dev/null'))).toBe('a device');
  });
});

/** Leaves a Unix socket at a path until the test is over. */
async function listen(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
}
