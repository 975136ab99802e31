import { promisify } from 'node:util';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import ssh2 from 'ssh2';
import type { ConnectConfig, ParsedKey, SignCallback } from 'ssh2';
import { describe, expect, it, vi } from 'vitest';
import { generateKey, writeKey } from '../../../src/transport/ssh/sandbox/keys.ts';
import { startSandbox } from '../../../src/transport/ssh/sandbox/sandbox.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { local, login, only, open, opensshOptions, outcomeOf, run, sandboxOf } from './sandbox-client.ts';

/** Knows the public half of a key only, and signs with something else. */
class Forger extends ssh2.BaseAgent {
  readonly #key: ParsedKey;

  constructor(publicKey: Buffer) {
    super();
    this.#key = ssh2.utils.parseKey(publicKey) as ParsedKey;
  }

  override getIdentities(callback: (error: Error | null, keys: ParsedKey[]) => void): void {
    callback(null, [this.#key]);
  }

  override sign(_key: unknown, _data: Buffer, _options: unknown, callback?: SignCallback): void {
    callback?.(null, Buffer.alloc(64, 7));
  }
}

describe('a login', () => {
  const refused: readonly { readonly who: string; readonly config: ConnectConfig }[] = [
    { who: 'another key', config: { privateKey: generateKey().privateKey } },
    { who: 'another user', config: { username: 'root' } },
    { who: 'a password', config: { privateKey: undefined, password: 'sandbox' } as unknown as ConnectConfig },
    { who: 'nothing', config: { privateKey: undefined } as unknown as ConnectConfig },
  ];

  it.each(refused)('with $who is refused', async ({ config }) => {
    const sandbox = await sandboxOf();
    await expect(login(sandbox, config)).rejects.toThrow('All configured authentication methods failed');
  });

  it('with the right key and a forged signature is refused', async () => {
    const sandbox = await sandboxOf();
    const agent = new Forger(readFileSync(`${sandbox.privateKeyPath}.pub`));
    await expect(login(sandbox, { privateKey: undefined, agent } as unknown as ConnectConfig)).rejects.toThrow(
      'All configured authentication methods failed',
    );
  });

  it('shows the host key that the instance names', async () => {
    const sandbox = await sandboxOf({ count: 2 });
    const shown: string[] = [];
    for (const instance of sandbox.instances) {
      const hostVerifier = (key: Buffer): boolean => shown.push(`ssh-ed25519 ${key.toString('base64')}`) > 0;
      await login(sandbox, { hostVerifier }, instance);
    }
    expect(shown).toEqual(sandbox.instances.map(({ hostKey }) => hostKey));
    expect(new Set(shown).size).toBe(2);
  });

  it('gives neither a shell nor forwarding', async () => {
    const client = await login(await sandboxOf());
    const shell = promisify((done: (error?: Error) => void) => client.shell(false, done))();
    await expect(shell).rejects.toThrow('Unable to open shell');
    const forward = promisify((done: (error?: Error) => void) =>
      client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, done),
    )();
    await expect(forward).rejects.toThrow('(SSH) Channel open failure: ');
  });
});

describe.skipIf(requireProgram('ssh') === null)('the ssh of OpenSSH', () => {
  it('is refused with another key, and told that only keys count', async () => {
    const sandbox = await sandboxOf();
    const stranger = await writeKey(join(tempDir(), 'stranger'), generateKey());
    const args = [...opensshOptions(sandbox, stranger), only(sandbox).address, 'true'];
    const { code, stderr } = await local(requireProgram('ssh') as string, args);
    expect({ code, stderr: stderr.toString().trim() }).toEqual({
      code: 255,
      stderr: 'sandbox@127.0.0.1: Permission denied (publickey).',
    });
  });
});

describe('an instance', () => {
  it('listens on 127.0.0.1 alone', async () => {
    const { port } = only(await sandboxOf());
    const socket = connect(port, '127.0.0.2');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('survives garbage, half a handshake and resets', async () => {
    const sandbox = await sandboxOf();
    const { port } = only(sandbox);
    for (const words of ['GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n\0\0\0\x0c garbage, not a packet', '']) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(words, () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    const client = await login(sandbox);
    expect(await run(client, 'exit 6')).toMatchObject({ code: 6 });
    await vi.waitFor(() => expect(only(sandbox).connections()).toBe(1));
  });

  it('lets a command run on when the connection breaks, and counts no connection any more', async () => {
    const sandbox = await sandboxOf();
    const instance = only(sandbox);
    const client = await login(sandbox);
    const channel = await open(
      client,
      'echo $$; cat >/dev/null; echo $$ >after.new; mv after.new after; exec sleep 60',
    );
    const ended = outcomeOf(channel);
    const [pid] = (await once(channel, 'data')) as [Buffer];
    instance.disconnectAll();
    expect(await ended).toMatchObject({ code: null, signal: null });
    await vi.waitFor(() => expect(readFileSync(join(instance.home, 'after'), 'utf8')).toBe(pid.toString()));
    expect(process.kill(Number(pid), 0)).toBe(true);
    await vi.waitFor(() => expect(instance.connections()).toBe(0));
  });
});

describe('closing', () => {
  it.each([
    { what: 'a command', command: 'echo $$; exec sleep 60' },
    { what: 'a command that ignores TERM', command: "trap '' TERM; echo $$; while :; do sleep 1; done" },
    { what: 'a stopped command', command: 'echo $$; kill -STOP $$' },
  ])('ends $what that runs on after a disconnect', async ({ command }) => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    const [pid] = (await once(await open(client, command), 'data')) as [Buffer];
    only(sandbox).disconnectAll();
    await sandbox.close();
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });

  it('ends what a command left in the background', async () => {
    const sandbox = await sandboxOf();
    const client = await login(sandbox);
    await run(
      client,
      `sh -c 'trap "echo ended >mark; exit" TERM; while :; do sleep 0.1; done' >log 2>&1 </dev/null &
      until [ -f log ]; do sleep 0.1; done`,
    );
    await sandbox.close();
    expect(readFileSync(join(only(sandbox).home, 'mark'), 'utf8')).toBe('ended\n');
  });

  it('can be done twice, and refuses connections afterwards', async () => {
    const sandbox = await sandboxOf();
    await Promise.all([sandbox.close(), sandbox.close()]);
    await sandbox.close();
    await expect(login(sandbox)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a sandbox', () => {
  it('keeps its key and the homes to itself', async () => {
    const sandbox = await sandboxOf();
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect([sandbox.privateKeyPath, dirname(sandbox.privateKeyPath), only(sandbox).home].map(mode)).toEqual([
      '600',
      '700',
      '700',
    ]);
  });

  it('raises fifty instances that work at once', { timeout: 30_000 }, async () => {
    const sandbox = await sandboxOf({ count: 50 });
    const answers = await Promise.all(
      sandbox.instances.map(async (instance) => {
        const client = await login(sandbox, {}, instance);
        const { stdout } = await run(client, 'basename "$HOME"');
        client.end();
        return stdout.toString().trim();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `sandbox-${index + 1}`));
  });

  it('that cannot start leaves nothing open', async () => {
    const folder = join(tempDir(), 'missing');
    await expect(startSandbox({ count: 2, folder })).rejects.toThrow('ENOENT');
    const taken = tempDir();
    writeFileSync(join(taken, 'sandbox-2'), '');
    await expect(startSandbox({ count: 2, folder: taken })).rejects.toThrow('EEXIST');
    await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('TCPServerWrap'));
  });
});

describe('a key', () => {
  it('is made anew where ssh2 spoils it', () => {
    const good = generateKey();
    const short = Buffer.from(good.publicKey.split(' ')[1] as string, 'base64').subarray(0, 50);
    const spoiled = { private: 'spoiled', public: `ssh-ed25519 ${short.toString('base64')}` };
    const generate = vi.spyOn(ssh2.utils, 'generateKeyPairSync').mockReturnValueOnce(spoiled);
    const key = generateKey();
    generate.mockRestore();
    expect(key.privateKey).toContain('BEGIN OPENSSH PRIVATE KEY');
    expect(key.publicKey).not.toBe(spoiled.public);
  });
});
