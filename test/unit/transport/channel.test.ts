import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type ServerChannel } from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SshConnection } from '../../../src/transport/ssh/ssh-connection.ts';
import { LinkLostError } from '../../../src/transport/transport.ts';
import { makeKeyPair } from '../../helpers/keys.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

leakCheck();

/** Longer than the 40 ms for which Nagle's algorithm holds back a small packet. */
const GATHER_MS = 80;

/** A connection to a server in this process that does this with every command. */
async function connectTo(onExec: (accept: () => ServerChannel, reject: () => void) => void): Promise<SshConnection> {
  const hostKeys = [readFileSync(makeKeyPair(join(tempDir(), 'host_key')).file)];
  const server = new ssh2.Server({ hostKeys }, (peer) => {
    peer.on('error', () => undefined);
    peer.on('authentication', (context) => context.accept());
    peer.on('session', (accept) => {
      accept().on('exec', (acceptExec, rejectExec) => onExec(acceptExec, rejectExec));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stream = await inOnePiece((server.address() as AddressInfo).port);
  const client = new ssh2.Client();
  client.connect({ sock: stream, username: 'bob', password: 'any' });
  await once(client, 'ready');
  const connection = new SshConnection(client, { stream, roundTripMs: 0, hostKey: '' });
  onTestFinished(async () => {
    await connection.close();
    server.close();
    await once(server, 'close');
  });
  return connection;
}

/** A way to a port on which everything that comes within 80 ms arrives in one piece, as from a busy host. */
async function inOnePiece(port: number): Promise<Socket> {
  const proxy = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    const pieces: Buffer[] = [];
    near.pipe(far);
    far.on('data', (piece: Buffer) => {
      if (pieces.push(piece) === 1) setTimeout(() => near.write(Buffer.concat(pieces.splice(0))), GATHER_MS);
    });
    near.on('error', () => undefined).once('close', () => far.destroy());
    far.on('error', () => undefined).once('close', () => near.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void proxy.close());
  return connect({ host: '127.0.0.1', port: (proxy.address() as AddressInfo).port, noDelay: true });
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

describe.skipIf(requireProgram('ssh') === null)('a command', () => {
  test('that ends at once, in the packet that says it was started, is heard to its end', async () => {
    const connection = await connectTo((accept) => {
      const channel = accept();
      channel.write('out');
      channel.stderr.write('err');
      channel.exit(73);
      channel.end();
    });
    const { stdout, stderr, exit } = await connection.exec('any');
    expect(await Promise.all([textOf(stdout), textOf(stderr), exit])).toEqual([
      'out',
      'err',
      { code: 73, signal: null },
    ]);
  });

  test('that a signal ends says which', async () => {
    const connection = await connectTo((accept) => {
      const channel = accept();
      setImmediate(() => {
        channel.exit('KILL');
        channel.end();
      });
    });
    const { stdout, exit } = await connection.exec('any');
    stdout.resume();
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('that the host refuses is an error, and the link lives on', async () => {
    const connection = await connectTo((_, reject) => reject());
    await expect(connection.exec('any')).rejects.toThrow('Unable to exec');
    await expect(connection.exec('any')).rejects.not.toThrow(LinkLostError);
  });

  test('whose link breaks has no exit', async () => {
    const connection = await connectTo((accept) => void accept());
    const { stdout, exit } = await connection.exec('any');
    stdout.resume();
    void connection.close();
    expect(await exit).toEqual({ code: null, signal: null });
    await expect(connection.exec('any')).rejects.toThrow(LinkLostError);
  });
});
