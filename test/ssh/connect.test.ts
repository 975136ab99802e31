import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeKey } from '../../src/transport/ssh/fingerprint.ts';
import { Keyring } from '../../src/transport/ssh/keyring.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startAgent } from '../unit/ssh/ssh-agent.ts';
import { clientOf, TestClient } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null || requireProgram('ssh') === null;

const at = ({ address, port }: SshdHost): string => `${address}:${port}`;

describe.skipIf(isMissing)('a host is reached', () => {
  test('under the name, port, user and key that ssh_config has for it', async () => {
    const { address, port, user, identityFile } = await hosts.start();
    const sshConfig = `
Host web
  HostName ${address}
  Port ${port}
  User ${user}
  IdentityFile ${identityFile}
`;
    const attempt = await new TestClient({ sshConfig }).add('i-1', 'web').runOne();
    expect(attempt).toMatchObject({ outcome: { kind: 'succeeded' }, address: 'web' });
  });

  test('with a key that has a passphrase, asked for once for all hosts', async () => {
    const key = makeKeyPair(join(tempDir(), 'key'), 'correct horse').file;
    const asked: string[] = [];
    const keyring = new Keyring((path) => {
      asked.push(path);
      return Promise.resolve('correct horse');
    });
    const fleet = await hosts.startMany(3, { identityFile: key });
    const { counts } = await clientOf(fleet, { keyring, privateKeyPath: key }).run();
    expect([counts.succeeded, asked]).toEqual([3, [key]]);
  });

  test('with a key that only an agent has', async () => {
    const host = await hosts.start();
    const agentSocket = await startAgent(host.identityFile);
    const client = clientOf([host], { privateKeyPath: null, agentSocket });
    expect((await client.runOne()).outcome).toEqual({ kind: 'succeeded' });
  });

  test('through another one, over one connection to that for all', async () => {
    const [jump, ...behind] = await hosts.startMany(4);
    if (jump === undefined) throw new Error('no jump host');
    const sshConfig = `
Host jump
  HostName ${jump.address}
  Port ${jump.port}
  User ${jump.user}
  IdentityFile ${jump.identityFile}
Host 127.0.0.*
  ProxyJump jump
`;
    const { counts } = await clientOf(behind, { sshConfig }).run({ script: 'echo "$SSH_CONNECTION"\n' });
    expect(counts.succeeded).toBe(3);
    expect(jump.log().match(/Accepted publickey/g)).toHaveLength(1);
    for (const host of behind) expect(host.log()).toMatch(/Accepted publickey for \S+ from 127\.0\.0\.1 /);
  });

  test('over one connection, whatever travels on it', async () => {
    const host = await hosts.start();
    await clientOf([host]).runOne({ plan: { transfer: 'sftp' } });
    expect(host.log().match(/Connection from/g)).toHaveLength(1);
    expect(host.log()).not.toMatch(/Failed/);
  });
});

describe.skipIf(isMissing)('a host key', () => {
  test('is pinned at first contact, and refused once it has changed', async () => {
    const first = await hosts.start();
    const { identityFile, port, hostKey } = first;
    const copy = join(tempDir(), 'identity');
    for (const suffix of ['', '.pub']) copyFileSync(`${identityFile}${suffix}`, `${copy}${suffix}`);
    const client = clientOf([first], { privateKeyPath: copy });
    expect((await client.runOne()).outcome.kind).toBe('succeeded');
    expect(client.state.instances.list()[0]?.hostKey).toBe(hostKey);
    await first.close();
    const second = await hosts.start({ port, identityFile: copy });
    const keys = `${describeKey(second.hostKey)} instead of ${describeKey(hostKey)}`;
    expect((await client.runOne()).outcome).toEqual({
      kind: 'rejected',
      error: {
        code: 'host-key-changed',
        message:
          `i-1 (127.0.0.1) shows another host key than before: ${keys}; ` +
          'if you know why it changed, accept it with: spot host-key forget i-1',
      },
    });
    expect(second.log()).not.toContain('Accepted');
    expect(client.state.instances.list()[0]?.hostKey).toBe(hostKey);
  });

  test('that nobody knows is refused by the strict', async () => {
    const host = await hosts.start();
    const { outcome } = await clientOf([host], { hostKeys: 'strict' }).runOne();
    const message =
      `i-1 (127.0.0.1) shows the host key ${describeKey(host.hostKey)}, which known_hosts does not have; ` +
      'compare the fingerprint and add the key to known_hosts, or set ssh.host_keys to accept-new';
    expect(outcome).toEqual({ kind: 'rejected', error: { code: 'host-key-unknown', message } });
  });

  test('that known_hosts has is taken by the strict', async () => {
    const host = await hosts.start();
    const knownHostsFile = join(tempDir(), 'known_hosts');
    writeFileSync(knownHostsFile, `[${host.address}]:${host.port} ${host.hostKey}\n`);
    const { outcome } = await clientOf([host], { hostKeys: 'strict', knownHostsFile }).runOne();
    expect(outcome.kind).toBe('succeeded');
  });
});

describe.skipIf(isMissing)('an instance is unreachable, and says why, where', () => {
  /** The problem of the only attempt, and how long it took, ms. */
  async function problemOf(client: TestClient, connectTimeoutMs = 5000) {
    const started = performance.now();
    const { outcome, evidence, steps } = await client.runOne({ limits: { connectTimeoutMs } });
    const ms = performance.now() - started;
    if (outcome.kind !== 'unreachable') throw new Error(`it is ${JSON.stringify(outcome)}`);
    expect([evidence, steps.map(({ name }) => name)]).toEqual([[], ['connect']]);
    return { ...outcome.error, ms };
  }

  /** A server that does this with every connection. @returns its address and port */
  async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      onConnection(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function clientFor(address: string): TestClient {
    const privateKeyPath = makeKeyPair(join(tempDir(), 'key')).file;
    return new TestClient({ privateKeyPath }).add('i-1', `bob@${address}`);
  }

  test('nobody listens', async () => {
    const host = await hosts.start();
    const address = at(host);
    await host.close();
    const message = `${address} refused the connection; is sshd running there, on that port?`;
    expect(await problemOf(clientFor(address))).toMatchObject({ code: 'connection-refused', message });
  });

  test('its name is not known', async () => {
    const message = 'the name of no-such-host.invalid:22 is not known; check the address';
    expect(await problemOf(clientFor('no-such-host.invalid'))).toMatchObject({ code: 'name-not-found', message });
  });

  test('it accepts and stays silent', async () => {
    const address = await listen(() => undefined);
    const { code, message, ms } = await problemOf(clientFor(address), 700);
    const advice = 'give it more with --connect-timeout, or look at the host';
    const sentence = `${address} answered but did not finish the login within 700 ms; ${advice}`;
    expect({ code, message }).toEqual({ code: 'handshake-timeout', message: sentence });
    expect(ms).toBeLessThan(3000);
  });

  test('it closes the connection before the login, again and again', async () => {
    const ends = [
      (socket: Socket) => void socket.end(),
      (socket: Socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      (socket: Socket) => {
        socket.write('SSH-2.0-OpenSSH_9.2\r\n');
        let heard = 0;
        // more than its greeting: its offer of algorithms
        socket.on('data', (chunk: Buffer) => {
          heard += chunk.byteLength;
          if (heard > 200) socket.end();
        });
      },
      (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ];
    await Promise.all(
      ends.map(async (onConnection) => {
        const address = await listen(onConnection);
        const { code, message, ms } = await problemOf(clientFor(address), 1500);
        const sentence = `${address} closed the connection before the login; it may be overloaded (MaxStartups)`;
        expect({ code, message }).toEqual({ code: 'connection-closed', message: sentence });
        expect(ms).toBeLessThan(15_000);
      }),
    );
  });

  test('it does not know the key', async () => {
    const host = await hosts.start();
    const { code, message } = await problemOf(clientFor(at(host)));
    const advice = 'check the user name and that the public key is in its authorized_keys';
    const sentence = `${at(host)} does not let bob in with any of the keys; ${advice}`;
    expect({ code, message }).toEqual({ code: 'auth-failed', message: sentence });
  });

  test('the one in front of it does not let us through', async () => {
    const host = await hosts.start();
    const dead = await hosts.start();
    await dead.close();
    const jump = `Host jump\n HostName ${host.address}\n Port ${host.port}\n User ${host.user}\n`;
    const sshConfig = `${jump} IdentityFile ${host.identityFile}\nHost ${dead.address}\n ProxyJump jump\n`;
    const client = clientOf([host], { sshConfig });
    client.add('i-1', `bob@${at(dead)}`);
    const { message } = await problemOf(client);
    expect(message).toContain(at(dead));
    expect(message).toContain(`(through ${host.address})`);
  });
});
