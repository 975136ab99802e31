import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ssh2 from 'ssh2';
import type { FileEntry, SFTPWrapper } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { local, login, only, openSftp, opensshOptions, run, sandboxOf } from './sandbox-client.ts';

const { OPEN_MODE } = ssh2.utils.sftp;
const FIVE_MB = 5 * 1024 * 1024;

interface Ready {
  readonly sftp: SFTPWrapper;
  readonly home: string;
}

async function ready(): Promise<Ready> {
  const sandbox = await sandboxOf();
  return { sftp: await openSftp(await login(sandbox)), home: only(sandbox).home };
}

/** Makes a method of ssh2's SFTP client answer with a promise. */
function ask<Result = void>(sftp: SFTPWrapper, method: keyof SFTPWrapper, ...args: unknown[]): Promise<Result> {
  const call = (sftp[method] as (...args: unknown[]) => void).bind(sftp);
  return new Promise((resolve, reject) => {
    call(...args, (error: Error | undefined, result: Result) => (error ? reject(error) : resolve(result)));
  });
}

describe('SFTP', () => {
  it('moves files both ways, byte for byte, with many requests in flight', async () => {
    const { sftp, home } = await ready();
    const folder = tempDir();
    const bytes = randomBytes(FIVE_MB + 1);
    writeFileSync(join(folder, 'up'), bytes);
    await ask(sftp, 'fastPut', join(folder, 'up'), 'there', { concurrency: 64, mode: 0o640 });
    await ask(sftp, 'fastGet', 'there', join(folder, 'down'));
    expect(readFileSync(join(home, 'there')).equals(bytes)).toBe(true);
    expect(readFileSync(join(folder, 'down')).equals(bytes)).toBe(true);
    expect(statSync(join(home, 'there')).mode & 0o777).toBe(0o640);
  });

  it('works requests off in order, so that nobody has to wait for an answer', async () => {
    const { sftp, home } = await ready();
    const answers = [
      ask(sftp, 'mkdir', 'new'),
      ask<Buffer>(sftp, 'open', 'new/file', OPEN_MODE.WRITE | OPEN_MODE.CREAT),
    ];
    const handle = (await Promise.all(answers))[1] as Buffer;
    const bytes = randomBytes(20_000);
    await Promise.all([ask(sftp, 'write', handle, bytes, 0, bytes.length, 0), ask(sftp, 'close', handle)]);
    expect(readFileSync(join(home, 'new/file')).equals(bytes)).toBe(true);
  });

  it.each([
    { flags: OPEN_MODE.WRITE | OPEN_MODE.CREAT | OPEN_MODE.TRUNC, content: 'XY' },
    { flags: OPEN_MODE.WRITE | OPEN_MODE.CREAT, content: 'XYcd' },
    { flags: OPEN_MODE.READ | OPEN_MODE.WRITE, content: 'XYcd' },
    { flags: OPEN_MODE.WRITE | OPEN_MODE.APPEND, content: 'abcdXY' },
  ])('opens with flags $flags: $content', async ({ flags, content }) => {
    const { sftp, home } = await ready();
    writeFileSync(join(home, 'file'), 'abcd');
    const handle = await ask<Buffer>(sftp, 'open', 'file', flags);
    await ask(sftp, 'write', handle, Buffer.from('XY'), 0, 2, 0);
    await ask(sftp, 'close', handle);
    expect(readFileSync(join(home, 'file'), 'utf8')).toBe(content);
  });

  it('makes, renames and removes, and renames nothing over a file', async () => {
    const { sftp, home } = await ready();
    await ask(sftp, 'mkdir', 'folder', { mode: 0o700 });
    expect(statSync(join(home, 'folder')).mode & 0o777).toBe(0o700);
    writeFileSync(join(home, 'a'), 'a');
    writeFileSync(join(home, 'b'), 'b');
    await expect(ask(sftp, 'rename', 'a', 'b')).rejects.toThrow('Failure');
    await ask(sftp, 'rename', 'a', 'folder/c');
    expect(readdirSync(join(home, 'folder'))).toEqual(['c']);
    await ask(sftp, 'unlink', 'folder/c');
    await ask(sftp, 'rmdir', 'folder');
    expect(readdirSync(home)).toEqual(['b']);
  });

  it('reads and sets attributes, of paths and of open files', async () => {
    const { sftp, home } = await ready();
    writeFileSync(join(home, 'file'), 'abcd', { mode: 0o600 });
    symlinkSync('file', join(home, 'link'));
    await ask(sftp, 'setstat', 'file', { mode: 0o750, atime: 1_000_000_000, mtime: 1_100_000_000 });
    const attributes = { mode: 0o100750, size: 4, atime: 1_000_000_000, mtime: 1_100_000_000 };
    expect(await ask(sftp, 'stat', 'link')).toMatchObject(attributes);
    expect((await ask<{ mode: number }>(sftp, 'lstat', 'link')).mode & 0o170000).toBe(0o120000);
    const handle = await ask<Buffer>(sftp, 'open', 'file', 'r+');
    await ask(sftp, 'fsetstat', handle, { size: 2, mode: 0o604 });
    expect(await ask(sftp, 'fstat', handle)).toMatchObject({ mode: 0o100604, size: 2 });
    await ask(sftp, 'close', handle);
  });

  it('lists a folder of many files, each with its attributes', async () => {
    const { sftp, home } = await ready();
    const names = Array.from({ length: 250 }, (_, index) => `file-${index}`).sort();
    mkdirSync(join(home, 'many'));
    for (const name of names) writeFileSync(join(home, 'many', name), name);
    const entries = await ask<FileEntry[]>(sftp, 'readdir', 'many');
    expect(entries.map(({ filename }) => filename).sort()).toEqual(names);
    expect(entries.every(({ filename, attrs }) => attrs.size === filename.length)).toBe(true);
  });

  it.each([
    { kind: 'a file', make: (path: string) => writeFileSync(path, 'abc', { mode: 0o754 }), start: '-rwxr-xr--' },
    { kind: 'a folder', make: (path: string) => mkdirSync(path, 0o700), start: 'drwx------' },
    { kind: 'a link', make: (path: string) => symlinkSync('away', path), start: 'lrwxrwxrwx' },
  ])('describes $kind as ls does', async ({ make, start }) => {
    const { sftp, home } = await ready();
    mkdirSync(join(home, 'one'));
    make(join(home, 'one/it'));
    const [entry] = await ask<FileEntry[]>(sftp, 'readdir', 'one');
    expect(entry?.longname).toMatch(
      new RegExp(`^${start} +\\d+ \\d+ +\\d+ +\\d+ \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d it$`),
    );
  });

  it('takes relative paths from home, and absolute ones as they are', async () => {
    const { sftp, home } = await ready();
    const elsewhere = tempDir();
    expect(await ask(sftp, 'realpath', '.')).toBe(home);
    expect(await ask(sftp, 'realpath', 'a/../b')).toBe(join(home, 'b'));
    await ask(sftp, 'mkdir', join(elsewhere, 'made'));
    expect(readdirSync(elsewhere)).toEqual(['made']);
  });

  it.each([
    { what: 'a missing file', call: (sftp: SFTPWrapper) => ask(sftp, 'stat', 'none'), message: 'No such file' },
    { what: 'a file as folder', call: (sftp: SFTPWrapper) => ask(sftp, 'opendir', 'file'), message: 'No such file' },
    { what: 'a folder twice', call: (sftp: SFTPWrapper) => ask(sftp, 'mkdir', 'folder'), message: 'Failure' },
    {
      what: 'a file that must be new',
      call: (sftp: SFTPWrapper) => ask(sftp, 'open', 'file', 'wx'),
      message: 'Failure',
    },
    { what: 'a full folder', call: (sftp: SFTPWrapper) => ask(sftp, 'rmdir', 'folder'), message: 'Failure' },
    {
      what: 'a name too long',
      call: (sftp: SFTPWrapper) => ask(sftp, 'mkdir', 'x'.repeat(300)),
      message: 'Bad message',
    },
    {
      what: 'a kernel file',
      call: (sftp: SFTPWrapper) => ask(sftp, 'unlink', '/proc/version'),
      message: 'Permission denied',
    },
    {
      what: 'an invented handle',
      call: (sftp: SFTPWrapper) => ask(sftp, 'close', Buffer.from('me')),
      message: 'Failure',
    },
    { what: 'a link', call: (sftp: SFTPWrapper) => ask(sftp, 'symlink', 'a', 'b'), message: 'Operation unsupported' },
  ])('refuses $what in the words of OpenSSH', async ({ call, message }) => {
    const { sftp, home } = await ready();
    mkdirSync(join(home, 'folder'));
    writeFileSync(join(home, 'file'), '');
    writeFileSync(join(home, 'folder/inside'), '');
    await expect(call(sftp)).rejects.toThrow(message);
    expect(await ask(sftp, 'realpath', '.')).toBe(home);
  });

  it('closes what the client left open, and leaves the connection to others', async () => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    const sftp = await openSftp(client);
    const path = join(only(sandbox).home, 'left');
    await ask<Buffer>(sftp, 'open', path, 'w');
    const closed = once(sftp, 'close');
    sftp.end();
    await closed;
    const { stdout } = await run(client, `for l in /proc/${process.pid}/fd/*; do readlink $l; done | grep -c '/left$'`);
    expect(stdout.toString()).toBe('0\n');
  });

  it('is refused where the sandbox has none, while commands work', async () => {
    const client = await login(await sandboxOf({ sftp: false }));
    await expect(openSftp(client)).rejects.toThrow('Unable to start subsystem: sftp');
    expect(await run(client, 'exit 8')).toMatchObject({ code: 8 });
  });
});

describe.skipIf(requireProgram('sftp') === null)('the programs of OpenSSH', () => {
  const program = requireProgram('sftp') as string;

  it('sftp puts, gets, lists, renames and sets modes', async () => {
    const sandbox = await sandboxOf();
    const { address, home } = only(sandbox);
    const folder = tempDir();
    const bytes = randomBytes(FIVE_MB);
    writeFileSync(join(folder, 'up'), bytes);
    const batch = [
      `put ${folder}/up first`,
      'mkdir made',
      'rename first made/second',
      'chmod 604 made/second',
      `get made/second ${folder}/down`,
      'ls -1 made',
    ];
    const args = [...opensshOptions(sandbox), '-q', '-b', '-', address];
    const { code, stdout, stderr } = await local(program, args, `${batch.join('\n')}\n`);
    expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString()).toContain('made/second\n');
    expect(statSync(join(home, 'made/second')).mode & 0o777).toBe(0o604);
    expect(readFileSync(join(folder, 'down')).equals(bytes)).toBe(true);
  });

  it('scp copies a tree over SFTP, and calls it a success', async () => {
    const sandbox = await sandboxOf();
    const { address, home } = only(sandbox);
    const folder = tempDir();
    mkdirSync(join(folder, 'tree/inner'), { recursive: true });
    writeFileSync(join(folder, 'tree/inner/file'), 'content', { mode: 0o755 });
    const scp = join(dirname(program), 'scp');
    const args = [...opensshOptions(sandbox), '-s', '-rp', join(folder, 'tree'), `${address}:copy`];
    const { code, stderr } = await local(scp, args);
    expect({ code, stderr: stderr.toString() }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(home, 'copy/inner/file'), 'utf8')).toBe('content');
    expect(statSync(join(home, 'copy/inner/file')).mode & 0o777).toBe(0o755);
  });

  it('sftp is told where there is no SFTP', async () => {
    const sandbox = await sandboxOf({ sftp: false });
    const { code, stderr } = await local(program, [...opensshOptions(sandbox), '-b', '-', only(sandbox).address], '');
    expect(code).toBe(255);
    expect(stderr.toString()).toContain('Connection closed');
  });
});
