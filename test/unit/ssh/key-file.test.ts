import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readKeyFile } from '../../../src/transport/ssh/key-file.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { KEY_A } from './key-texts.ts';
import { blobOf, makeKey, publicKeyOf } from './keys.ts';

const PEM = ['-m', 'PEM'];
const SECRET = ['-N', 'secret'];

describe.skipIf(requireProgram('ssh') === null)('a private key made by ssh-keygen', () => {
  test.each([
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa', ['-t', 'ecdsa', '-b', '384']],
    ['rsa', ['-t', 'rsa']],
    ['rsa as PEM, as EC2 gives it out', ['-t', 'rsa', ...PEM]],
    ['ecdsa as PEM', ['-t', 'ecdsa', ...PEM]],
  ])('of type %s is read', async (_, args) => {
    const path = join(tempDir(), 'key');
    makeKey(path, ...args);
    const file = await readKeyFile(path);
    if (file.kind !== 'open') throw new Error(`it is ${file.kind}`);
    expect(file.key.isPrivateKey()).toBe(true);
    expect(file.key.getPublicSSH()).toEqual(blobOf(publicKeyOf(path)));
  });

  test.each([
    ['ed25519', ['-t', 'ed25519', ...SECRET], true],
    ['rsa', ['-t', 'rsa', ...SECRET], true],
    ['ed25519 with another cipher', ['-t', 'ed25519', '-Z', 'aes256-gcm@openssh.com', ...SECRET], true],
    ['rsa as PEM', ['-t', 'rsa', ...PEM, ...SECRET], false],
  ])('of type %s with a passphrase is opened by it', async (_, args, tellsPublicKey) => {
    const path = join(tempDir(), 'key');
    makeKey(path, ...args);
    const publicKey = blobOf(publicKeyOf(path));
    const file = await readKeyFile(path);
    if (file.kind !== 'encrypted') throw new Error(`it is ${file.kind}`);
    expect(file.publicKey).toEqual(tellsPublicKey ? publicKey : null);
    expect(file.unlock('wrong')).toBeNull();
    expect(file.unlock('')).toBeNull();
    expect(file.unlock('secret')?.getPublicSSH()).toEqual(publicKey);
  });

  test('as PKCS#8 is not supported, and the sentence says how to convert it', async () => {
    const path = join(tempDir(), 'key');
    makeKey(path, '-t', 'rsa', '-m', 'PKCS8');
    expect(await readKeyFile(path)).toEqual({
      kind: 'unusable',
      problem: {
        code: 'key-unsupported',
        message: `the SSH key ${path} is in PKCS#8 format, which is not supported; convert it with: ssh-keygen -p -f ${path}`,
      },
    });
  });

  test.each([
    ['key.pub', 'most likely <dir>/key'],
    ['other', 'which ssh-keygen writes beside it'],
  ])('given as its public half in the file %s is said to be that', async (name, hint) => {
    const folder = tempDir();
    const path = join(folder, name);
    writeFileSync(path, KEY_A, { mode: 0o644 });
    const message = `the SSH key ${path} is a public key; name the private one, ${hint.replace('<dir>', folder)}`;
    const problem = { code: 'key-is-public', message };
    expect(await readKeyFile(path)).toEqual({ kind: 'public', publicKey: blobOf(KEY_A), problem });
  });

  test('that others can read is refused', async () => {
    const path = join(tempDir(), 'my key');
    makeKey(path);
    chmodSync(path, 0o644);
    const message = `the SSH key ${path} has mode 0644, which lets others read it; run: chmod 600 '${path}'`;
    expect(await readKeyFile(path)).toEqual({ kind: 'unusable', problem: { code: 'key-too-open', message } });
    chmodSync(path, 0o400);
    expect(await readKeyFile(path)).toMatchObject({ kind: 'open' });
  });
});

/** A key in OpenSSH's format that has nothing but its head: enough to see what it would be. */
function opensshKey(type: string): string {
  const field = (content: Buffer | string): Buffer => {
    const bytes = Buffer.from(content);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const publicKey = Buffer.concat([field(type), field('nistp256'), field('point')]);
  const count = Buffer.from([0, 0, 0, 1]);
  const head = Buffer.concat([Buffer.from('openssh-key-v1\0'), field('none'), field('none'), field(''), count]);
  const data = Buffer.concat([head, field(publicKey), field('x'.repeat(64))]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

const UNUSABLE: readonly (readonly [name: string, content: string, code: string, message: string])[] = [
  ['nothing', '', 'key-not-private', '<key> does not hold a private SSH key; name the file that does'],
  ['text', 'hello\n', 'key-not-private', '<key> does not hold a private SSH key; name the file that does'],
  [
    'a damaged key',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
    'key-damaged',
    'the SSH key <key> is damaged: Malformed OpenSSH private key',
  ],
  [
    'a key on a security key',
    opensshKey('sk-ssh-ed25519@openssh.com'),
    'key-unsupported',
    'the SSH key <key> is of type sk-ssh-ed25519@openssh.com, which is not supported; use one of type ed25519, ecdsa or rsa',
  ],
  [
    'the public half of a key on a security key',
    'sk-ssh-ed25519@openssh.com AAAA me\n',
    'key-unsupported',
    'the SSH key <key> is of type sk-ssh-ed25519@openssh.com, which is not supported; use one of type ed25519, ecdsa or rsa',
  ],
  [
    'a new PuTTY key',
    'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n',
    'key-unsupported',
    'the SSH key <key> is in a PuTTY format which is not supported; export it from PuTTYgen as an OpenSSH key',
  ],
  [
    'an encrypted PKCS#8 key',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    'key-unsupported',
    'the SSH key <key> is in PKCS#8 format, which is not supported; convert it with: ssh-keygen -p -f <key>',
  ],
];

test.each(UNUSABLE)('a file that holds %s is unusable', async (_, content, code, message) => {
  const path = join(tempDir(), 'key');
  writeFileSync(path, content, { mode: 0o600 });
  expect(await readKeyFile(path)).toEqual({
    kind: 'unusable',
    problem: { code, message: message.replaceAll('<key>', path) },
  });
});

test('a folder, a path through a file and nothing at all are told apart', async () => {
  const folder = tempDir();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'folder'));
  const through = join(folder, 'file', 'key');
  expect(await readKeyFile(join(folder, 'folder'))).toEqual({
    kind: 'unusable',
    problem: { code: 'key-not-private', message: `the SSH key ${folder}/folder is a folder; name the file` },
  });
  expect(await readKeyFile(through)).toEqual({
    kind: 'unusable',
    problem: {
      code: 'key-unreadable',
      message: `the SSH key ${through} cannot be read: not a directory; check who may`,
    },
  });
  expect(await readKeyFile(join(folder, 'missing'))).toEqual({ kind: 'missing' });
});
