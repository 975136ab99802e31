import { once } from 'node:events';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { Algorithms, NegotiatedAlgorithms } from 'ssh2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { algorithmsFor, serverHostKeyAlgorithms } from '../../../src/transport/ssh/algorithms.ts';
import { keyTypeOf } from '../../../src/transport/ssh/fingerprint.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { KEY_A, KEY_ECDSA } from './key-texts.ts';
import { makeKey, publicKeyOf } from './keys.ts';

const ALL = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

test.each([
  ['no key', [], ALL],
  ['an Ed25519 key', [KEY_A], ALL],
  ['an ECDSA key', [KEY_ECDSA], ['ecdsa-sha2-nistp256', ...ALL.filter((name) => name !== 'ecdsa-sha2-nistp256')]],
  ['an RSA key', ['ssh-rsa AAAA'], ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', ...ALL.slice(0, 4)]],
  ['a key of a type nobody knows', ['sk-new AAAA'], ALL],
])('a host with %s is offered its own algorithms first, the others after them', (_, keys, expected) => {
  expect(serverHostKeyAlgorithms(keys)).toEqual(expected);
});

describe.skipIf(requireProgram('ssh') === null)('a server with three host keys', () => {
  test('shows the one of the type we know', async () => {
    const { port, publicKeys } = await startServer();
    for (const key of publicKeys) {
      const { serverHostKey } = await negotiate(port, algorithmsFor([key]));
      const type = keyTypeOf(key);
      expect(serverHostKey).toBe(type === 'ssh-rsa' ? 'rsa-sha2-512' : type);
    }
  });

  test('agrees with us on curve25519, an AEAD cipher and no compression', async () => {
    const { port } = await startServer();
    const { kex, cs } = await negotiate(port, algorithmsFor([]));
    expect(kex).toMatch(/^curve25519-sha256/);
    expect(cs.cipher).toMatch(/^(aes128-gcm|chacha20-poly1305)@openssh\.com$/);
    expect(cs.compress).toBe('none');
  });
});

async function startServer(): Promise<{ port: number; publicKeys: string[] }> {
  const folder = tempDir();
  const files = ['ed25519', 'ecdsa', 'rsa'].map((type) => {
    makeKey(join(folder, type), '-t', type);
    return join(folder, type);
  });
  const server = new ssh2.Server({ hostKeys: files.map((file) => readFileSync(file)) }, (client) => {
    client.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, publicKeys: files.map(publicKeyOf) };
}

async function negotiate(port: number, algorithms: Algorithms): Promise<NegotiatedAlgorithms> {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  client.connect({ host: '127.0.0.1', port, username: 'me', algorithms, authHandler: [] });
  const [negotiated] = (await once(client, 'handshake')) as [NegotiatedAlgorithms];
  client.destroy();
  await once(client, 'close');
  return negotiated;
}
