import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshd, startSshds, type SshdOptions } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

const hosts: SshdHost[] = [];

leakCheck();
afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));

async function start(options?: SshdOptions): Promise<SshdHost> {
  const host = await startSshd(options);
  hosts.push(host);
  return host;
}

/** The options that both OpenSSH clients need to reach a host, and to believe nobody else. */
function clientOptions(host: SshdHost): string[] {
  const knownHosts = join(host.home, '..', 'known_hosts');
  writeFileSync(knownHosts, `[${host.address}]:${host.port} ${host.hostKey}\n`);
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'IdentitiesOnly=yes',
  ];
  const args = ['-F', 'none', '-i', host.identityFile, '-o', `Port=${host.port}`, '-o', `User=${host.user}`];
  return [...args, ...options.flatMap((option) => ['-o', option])];
}

async function ssh(host: SshdHost, command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ssh', [...clientOptions(host), host.address, command]);
  return stdout;
}

async function sftp(host: SshdHost, batch: string): Promise<string> {
  const child = promisify(execFile)('sftp', [...clientOptions(host), '-b', '-', host.address]);
  child.child.stdin?.end(batch);
  return (await child).stdout;
}

const isMissing = (['sshd', 'ssh', 'sftp', 'dash', 'busybox'] as const).some((name) => requireProgram(name) === null);

describe.skipIf(isMissing)('a host of the tests', () => {
  test('runs a command in its own home', async () => {
    const host = await start();
    expect(await ssh(host, 'echo "$HOME" && pwd && cd ~ && pwd')).toBe(`${host.home}\n`.repeat(3));
  });

  test('passes on the exit code, and words with blanks, quotes and dollars as they are', async () => {
    const host = await start({ environment: { GREETING: 'good day' } });
    expect(await ssh(host, `printf '%s|' "$GREETING" 'a  b' '$x' "it's"`)).toBe("good day|a  b|$x|it's|");
    await expect(ssh(host, 'exit 7')).rejects.toMatchObject({ code: 7 });
  });

  test('takes a file over SFTP into its own home', async () => {
    const host = await start();
    const file = join(tempDir(), 'sent');
    writeFileSync(file, 'content');
    await sftp(host, `put ${file} received\n`);
    expect(readFileSync(join(host.home, 'received'), 'utf8')).toBe('content');
  });

  test('without an SFTP subsystem refuses SFTP and still runs commands', async () => {
    const host = await start({ sftp: false });
    await expect(sftp(host, 'ls\n')).rejects.toThrow('subsystem request failed');
    expect(await ssh(host, 'echo here')).toBe('here\n');
  });

  test.each([
    { shell: 'dash', sh: /\/dash$/, tar: /tar \(GNU tar\)/ },
    { shell: 'bash', sh: /\/bash$/, tar: /tar \(GNU tar\)/ },
    { shell: 'busybox', sh: /\/busybox$/, tar: /tar \(busybox\)/ },
  ] as const)('with $shell reads command lines and runs sh with it', async ({ shell, sh, tar }) => {
    const host = await start({ shell });
    const [login, inner, version] = (
      await ssh(host, `readlink /proc/$$/exe; sh -c 'readlink /proc/$$/exe; :'; tar --version`)
    ).split('\n');
    expect(login).toMatch(sh);
    expect(inner).toMatch(sh);
    expect(version).toMatch(tar);
  });

  test('with a forced command runs that one only', async () => {
    const host = await start({ forceCommand: 'echo "no, not $SSH_ORIGINAL_COMMAND"' });
    expect(await ssh(host, 'rm -rf everything')).toBe('no, not rm -rf everything\n');
  });

  test('writes down who came', async () => {
    const host = await start();
    await ssh(host, 'true');
    expect(host.log()).toContain(`Accepted publickey for ${host.user}`);
  });

  test('comes back under the same address with the same or with another host key', async () => {
    const first = await start();
    const keep = join(tempDir(), 'host_key');
    for (const suffix of ['', '.pub'])
      writeFileSync(`${keep}${suffix}`, readFileSync(`${first.hostKeyFile}${suffix}`), { mode: 0o600 });
    await first.close();
    const same = await start({ port: first.port, hostKeyFile: keep });
    expect(same.hostKey).toBe(first.hostKey);
    await same.close();
    const other = await start({ port: first.port });
    expect([other.address, other.port]).toEqual([first.address, first.port]);
    expect(other.hostKey).not.toBe(first.hostKey);
  });

  test('that cannot start says why', async () => {
    await expect(startSshd({ config: ['Nonsense yes'] })).rejects.toThrow(
      /sshd did not start:\n.*Bad configuration option: Nonsense/,
    );
  });

  test('lives at an address of its own, and several let in the same key', async () => {
    const three = await startSshds(3);
    hosts.push(...three);
    expect(three.map((host) => host.address)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    expect(new Set(three.map((host) => host.hostKey)).size).toBe(3);
    expect(new Set(three.map((host) => host.identityFile)).size).toBe(1);
    for (const host of three) expect(await ssh(host, 'echo "$HOME"')).toBe(`${host.home}\n`);
  });
});

describe.skipIf(isMissing)('the end of a host', () => {
  /** A session that has started a process in a session of its own, too. */
  async function startWork(host: SshdHost): Promise<{ lost: Promise<unknown> }> {
    const lost = ssh(host, 'setsid sleep 301 </dev/null >/dev/null 2>&1 & sleep 302').catch((error: unknown) => error);
    await waitFor('both sleeps', () => sleeps(host).length === 2);
    return { lost };
  }

  function sleeps(host: SshdHost): string[] {
    return host
      .processes()
      .map(({ command }) => command)
      .filter((command) => command.startsWith('sleep'))
      .sort();
  }

  test('takes its sessions and detached processes along, and its folder', async () => {
    const host = await start();
    const { lost } = await startWork(host);
    await host.close();
    expect(host.processes()).toEqual([]);
    expect(existsSync(host.home)).toBe(false);
    expect(await lost).toMatchObject({ code: 255 });
    await expect(reach(host)).rejects.toThrow('ECONNREFUSED');
  });

  test('is not the end of the work when only the connections drop', async () => {
    const host = await start();
    const { lost } = await startWork(host);
    host.dropConnections();
    expect(await lost).toMatchObject({ code: 255 });
    expect(sleeps(host)).toContain('sleep 301');
    expect(await ssh(host, 'echo again')).toBe('again\n');
  });

  test('is not meant by a freeze: it hangs, and goes on when thawed', async () => {
    const host = await start();
    host.freeze();
    const reply = ssh(host, 'echo late');
    await expect(Promise.race([reply, waitFor('nothing', () => false, 300)])).rejects.toThrow(
      'waited 300 ms for nothing',
    );
    host.thaw();
    expect(await reply).toBe('late\n');
  });
});

function reach(host: SshdHost): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(host.port, host.address, () => socket.end(resolve)).once('error', reject);
  });
}
