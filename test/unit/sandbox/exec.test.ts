import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { descendantsOf } from '../../helpers/processes.ts';
import { requireProgram } from '../../helpers/require.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { local, login, only, open, opensshOptions, outcomeOf, run, sandboxOf } from './sandbox-client.ts';

const FIVE_MB = 5 * 1024 * 1024;
/** SSH_OPEN_CONNECT_FAILED (RFC 4254, 5.1): what sshd says where MaxSessions is reached */
const CONNECT_FAILED = 2;

describe('a command', () => {
  it('gets its input and gives its output byte for byte', async () => {
    const client = await login(await sandboxOf());
    const bytes = randomBytes(FIVE_MB);
    const ended = await run(client, 'cat', bytes);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: Buffer.alloc(0) });
    expect(ended.stdout.equals(bytes)).toBe(true);
  });

  it('has stdout and stderr kept apart, though both run full again and again', async () => {
    const client = await login(await sandboxOf());
    const flood = (letter: string) => `head -c ${FIVE_MB} /dev/zero | tr '\\0' ${letter}`;
    // first each by itself, then both at once: what has waited before must not be sent again
    const command = `${flood('a')}; ${flood('b')} >&2; ${flood('c')} & ${flood('d')} >&2; wait`;
    const { code, stdout, stderr } = await run(client, command);
    expect(code).toBe(0);
    expect(stdout.equals(Buffer.concat([Buffer.alloc(FIVE_MB, 'a'), Buffer.alloc(FIVE_MB, 'c')]))).toBe(true);
    expect(stderr.equals(Buffer.concat([Buffer.alloc(FIVE_MB, 'b'), Buffer.alloc(FIVE_MB, 'd')]))).toBe(true);
  });

  it('waits while its client does not read', async () => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    const print = 'head -c 20000000 /dev/zero';
    const unread = await open(client, `${print}; : >through`);
    await once(unread, 'readable');
    const other = await run(client, print);
    expect(other.stdout.length).toBe(20_000_000);
    expect(existsSync(join(only(sandbox).home, 'through'))).toBe(false);
    const { stdout } = await outcomeOf(unread);
    expect(stdout.length).toBe(20_000_000);
    expect(existsSync(join(only(sandbox).home, 'through'))).toBe(true);
  });

  it.each([0, 1, 77, 255])('ends with exit code %i', async (code) => {
    const client = await login(await sandboxOf());
    expect(await run(client, `exit ${code}`)).toMatchObject({ code, signal: null });
  });

  it.each([
    { how: 'kill -TERM $$', code: null, signal: 'SIGTERM' },
    { how: 'kill -KILL $$', code: null, signal: 'SIGKILL' },
    // SSH has no name for it, so it is counted as shells count it
    { how: 'kill -XCPU $$', code: 128 + 24, signal: null },
  ])('that dies by $how is told from one that exits', async ({ how, code, signal }) => {
    const client = await login(await sandboxOf());
    expect(await run(client, how)).toMatchObject({ code, signal });
  });

  it('sees the end of its input', async () => {
    const client = await login(await sandboxOf());
    const { stdout } = await run(client, 'cat; echo end', 'start\n');
    expect(stdout.toString()).toBe('start\nend\n');
  });

  it('that does not read its input still ends', async () => {
    const client = await login(await sandboxOf());
    expect(await run(client, 'exit 3', randomBytes(FIVE_MB))).toMatchObject({ code: 3 });
  });

  it('gets signals, and its children with it', async () => {
    const client = await login(await sandboxOf());
    const channel = await open(client, `trap 'echo caught; exit 5' INT; echo ready; sleep 60`);
    const ended = outcomeOf(channel);
    // a signal before its child is there would not reach that
    const isSleeping = (): boolean => descendantsOf(process.pid).some(({ command }) => command === 'sleep 60');
    await waitFor('the child to sleep', isSleeping);
    channel.signal('INT');
    const { code, stdout } = await ended;
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 5, stdout: 'ready\ncaught\n' });
  });

  it('starts at home, with an environment of its own', async () => {
    vi.stubEnv('SPOT_SANDBOX_LEAK', 'yes');
    const sandbox = await sandboxOf({ env: { STAGE: 'demo' } });
    const client = await login(sandbox);
    const { home } = only(sandbox);
    const names = 'PATH LANG USER LOGNAME HOME SHELL STAGE SPOT_SANDBOX_LEAK';
    const { stdout } = await run(client, `pwd; for n in ${names}; do eval "echo $n=\\\${$n-unset}"; done`);
    vi.unstubAllEnvs();
    expect(stdout.toString().split('\n')).toEqual([
      home,
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'LANG=C.UTF-8',
      'USER=sandbox',
      'LOGNAME=sandbox',
      `HOME=${home}`,
      'SHELL=/bin/sh',
      'STAGE=demo',
      'SPOT_SANDBOX_LEAK=unset',
      '',
    ]);
  });

  it('reports its exit at once, and keeps the channel open while a child holds stdout', async () => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    const channel = await open(client, 'sleep 60 & exit 4');
    let closed = false;
    channel.on('close', () => (closed = true));
    const [code] = (await once(channel, 'exit')) as [number];
    await run(client, 'true');
    expect({ code, closed }).toEqual({ code: 4, closed: false });
  });

  it.each([
    { what: 'a shell that does not exist', shell: '/no/such/shell', command: 'true' },
    { what: 'a command with a NUL byte', shell: '/bin/sh', command: 'true \0' },
  ])('that cannot be started of $what ends with 127', async ({ shell, command }) => {
    const client = await login(await sandboxOf({ shell }));
    expect(await run(client, command, 'ignored')).toMatchObject({ code: 127, signal: null });
  });
});

describe.each(['dash', 'busybox'] as const)('the shell %s', (shell) => {
  it.skipIf(requireProgram(shell) === null)('runs commands', async () => {
    const client = await login(await sandboxOf({ shell }));
    const { stdout, code } = await run(client, `readlink /proc/$$/exe; exit 7`);
    expect({ code, exe: stdout.toString() }).toEqual({ code: 7, exe: expect.stringContaining(shell) as string });
  });
});

describe('one connection', () => {
  it('carries several commands at once', async () => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    const commands = Array.from({ length: 8 }, (_, index) => run(client, `cat; exit ${index}`, `input ${index}`));
    const ended = await Promise.all(commands);
    expect(ended.map(({ code, stdout }) => `${code} ${stdout.toString()}`)).toEqual(
      Array.from({ length: 8 }, (_, index) => `${index} input ${index}`),
    );
    expect(only(sandbox).connections()).toBe(1);
  });

  it('holds no more sessions than allowed, and lets the next in when one has ended', async () => {
    const client = await login(await sandboxOf({ maxSessions: 2 }));
    const held = await Promise.all([open(client, 'cat'), open(client, 'cat')]);
    await expect(open(client, 'true')).rejects.toMatchObject({
      message: '(SSH) Channel open failure: ',
      reason: CONNECT_FAILED,
    });
    for (const channel of held) {
      channel.end();
      await outcomeOf(channel);
    }
    expect(await run(client, 'exit 9')).toMatchObject({ code: 9 });
  });
});

describe.skipIf(requireProgram('ssh') === null)('the ssh of OpenSSH', () => {
  const ssh = requireProgram('ssh') as string;

  it('carries input, output and exit code', async () => {
    const sandbox = await sandboxOf();
    const bytes = randomBytes(FIVE_MB);
    const args = [...opensshOptions(sandbox), only(sandbox).address, 'cat; echo complaint >&2; exit 42'];
    const { code, stdout, stderr } = await local(ssh, args, bytes);
    expect({ code, stderr: stderr.toString() }).toEqual({ code: 42, stderr: 'complaint\n' });
    expect(stdout.equals(bytes)).toBe(true);
  });
});
