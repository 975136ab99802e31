import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { AuthContext } from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authMethods, loadIdentities, type IdentitySet } from '../../../src/transport/ssh/identity.ts';
import { Keyring } from '../../../src/transport/ssh/keyring.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { makeKey, publicKeyOf } from './keys.ts';
import { startAgent } from './ssh-agent.ts';

leakCheck();

interface Server {
  readonly port: number;
  /** every authentication request, e.g. `publickey?` for a question about a key, `publickey!` for a signature */
  readonly requests: string[];
}

describe.skipIf(requireProgram('ssh') === null)('authMethods', () => {
  test('log in with a key of each type, without a request that asks for nothing', async () => {
    const folder = tempDir();
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      const path = join(folder, type);
      makeKey(path, '-t', type);
      const { port, requests } = await startServer(path);
      const set = await load([path]);
      expect(await login(port, set)).toBe('ready');
      expect(requests).toEqual(['bob publickey?', 'bob publickey!']);
    }
  });

  test('log in any number of times with one set', async () => {
    const path = join(tempDir(), 'key');
    makeKey(path, '-N', 'secret');
    const { port } = await startServer(path);
    const set = await load([path], null, new Keyring(() => Promise.resolve('secret')));
    const logins = Array.from({ length: 5 }, () => login(port, set));
    expect(await Promise.all(logins)).toEqual(Array(5).fill('ready'));
  });

  test.each([['ed25519'], ['rsa']])(
    'log in with a key of type %s that an agent holds, after one that does not fit',
    async (type) => {
      const folder = tempDir();
      const [wrong, right] = [join(folder, 'wrong'), join(folder, 'right')];
      makeKey(wrong);
      makeKey(right, '-t', type);
      const { port, requests } = await startServer(right);
      const set = await load([wrong], await startAgent(right));
      const logins = [login(port, set), login(port, set)];
      expect(await Promise.all(logins)).toEqual(['ready', 'ready']);
      expect(requests.sort()).toEqual([
        ...['bob publickey!', 'bob publickey!'],
        ...['bob publickey?', 'bob publickey?', 'bob publickey?', 'bob publickey?'],
      ]);
    },
  );

  test('try every key once and then give up', async () => {
    const folder = tempDir();
    const paths = ['one', 'two', 'server'].map((name) => join(folder, name));
    for (const path of paths) makeKey(path);
    const { port, requests } = await startServer(paths[2] as string);
    const set = await load(paths.slice(0, 2));
    expect(await login(port, set)).toBe('All configured authentication methods failed');
    expect(requests).toEqual(['bob publickey?', 'bob publickey?']);
  });
});

function load(
  identityFiles: string[],
  agentSocket: string | null = null,
  keyring = new Keyring(null),
): Promise<IdentitySet> {
  const request = { privateKeyPath: null, publicKeyPath: null, identityFiles, identitiesOnly: false, agentSocket };
  return loadIdentities(request, keyring);
}

/** An SSH server that lets in whoever has this key. */
async function startServer(key: string): Promise<Server> {
  const requests: string[] = [];
  const authorized = ssh2.utils.parseKey(publicKeyOf(key)) as ssh2.ParsedKey;
  const hostKey = join(tempDir(), 'host-key');
  makeKey(hostKey);
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey)] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      const signed = context.method === 'publickey' && context.signature !== undefined;
      requests.push(`${context.username} ${context.method}${signed ? '!' : '?'}`);
      if (isLetIn(context, authorized)) context.accept();
      else context.reject(['publickey']);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function isLetIn(context: AuthContext, authorized: ssh2.ParsedKey): boolean {
  if (context.method !== 'publickey' || !context.key.data.equals(authorized.getPublicSSH())) return false;
  const { blob, signature, hashAlgo } = context;
  return signature === undefined || authorized.verify(blob as Buffer, signature, hashAlgo) === true;
}

/** @returns `ready`, or what went wrong */
async function login(port: number, set: IdentitySet): Promise<string> {
  const client = new ssh2.Client();
  const ended = new Promise<string>((resolve) => {
    client.once('ready', () => resolve('ready'));
    client.on('error', ({ message }) => resolve(message));
  });
  client.connect({ host: '127.0.0.1', port, username: 'bob', authHandler: authMethods(set, 'bob') });
  const outcome = await ended;
  client.destroy();
  await once(client, 'close');
  return outcome;
}
