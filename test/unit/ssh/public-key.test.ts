import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { SpotError } from '../../../src/model/errors.ts';
import { Keyring } from '../../../src/transport/ssh/keyring.ts';
import { findPublicKey, type PublicKeyRequest } from '../../../src/transport/ssh/public-key.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { encrypt, makeKey, publicKeyOf } from './keys.ts';
import { startAgent } from './ssh-agent.ts';

let home = '';

beforeEach(() => {
  home = tempDir();
  mkdirSync(join(home, '.ssh'));
});

/** Makes a key below the home. @returns its path */
function aKey(name: string, ...args: readonly string[]): string {
  const path = join(home, name);
  makeKey(path, ...args);
  return path;
}

function find(request: Partial<PublicKeyRequest> = {}): Promise<string> {
  const none = { publicKeyPath: null, privateKeyPath: null, agentSocket: null };
  return findPublicKey({ ...none, home, ...request }, new Keyring(null));
}

/** The sentence for which it is refused; the home is `~`. */
async function refusal(request: Partial<PublicKeyRequest> = {}): Promise<string> {
  const error: unknown = await find(request).catch((reason: unknown) => reason);
  if (!(error instanceof SpotError)) throw new Error('it was not refused');
  return `${error.exitCode} ${error.code}: ${error.message.replaceAll(home, '~')}`;
}

describe.skipIf(requireProgram('ssh') === null)('the key for new instances is', () => {
  test('the configured public one', async () => {
    const path = aKey('mine');
    expect(await find({ publicKeyPath: `${path}.pub` })).toBe(publicKeyOf(path));
  });

  test('that of the configured private one, with no file beside it', async () => {
    const path = aKey('mine');
    const key = publicKeyOf(path);
    rmSync(`${path}.pub`);
    expect(await find({ privateKeyPath: path })).toBe(key);
  });

  test('that of an encrypted one, without its passphrase', async () => {
    const path = aKey('mine');
    encrypt(path);
    expect(await find({ privateKeyPath: path })).toBe(publicKeyOf(path));
  });

  test('the one beside a private key that only the agent has', async () => {
    const path = aKey('mine');
    rmSync(path);
    expect(await find({ privateKeyPath: path })).toBe(publicKeyOf(path));
  });

  test('the first of the default ones that EC2 takes', async () => {
    aKey('.ssh/id_ecdsa', '-t', 'ecdsa');
    const rsa = aKey('.ssh/id_rsa', '-t', 'rsa');
    expect(await find()).toBe(publicKeyOf(rsa));
  });

  test("the agent's, where there is no other", async () => {
    const path = aKey('held');
    expect(await find({ agentSocket: await startAgent(path) })).toBe(publicKeyOf(path));
  });
});

describe.skipIf(requireProgram('ssh') === null)('there is none', () => {
  test('where there is no key at all', async () => {
    expect(await refusal()).toBe(
      '78 no-public-key: there is no SSH key to give to new instances: neither ~/.ssh/id_ed25519, ~/.ssh/id_ecdsa, ' +
        '~/.ssh/id_rsa nor ssh-agent has one of type ed25519 or rsa; set aws.private_ssh_key_path and aws.public_ssh_key_path',
    );
  });

  test('where the configured file holds none', async () => {
    const path = join(home, 'mine.pub');
    writeFileSync(path, 'hello\n');
    expect(await refusal({ publicKeyPath: path })).toBe(
      '78 public-key-unreadable: there is no public SSH key in ~/mine.pub, nor beside it; set aws.private_ssh_key_path and aws.public_ssh_key_path',
    );
  });

  test('where EC2 does not take its type', async () => {
    expect(await refusal({ privateKeyPath: aKey('mine', '-t', 'ecdsa') })).toBe(
      '78 public-key-unsupported: EC2 does not take the SSH key ~/mine: it is of type ecdsa-sha2-nistp256; set aws.private_ssh_key_path to one of type ed25519 or rsa',
    );
  });
});
