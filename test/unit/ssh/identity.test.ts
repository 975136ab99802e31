import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { load, summary } from './identities.ts';
import { blobOf, makeKey, publicKeyOf } from './keys.ts';
import { startAgent } from './ssh-agent.ts';
import { configErrorOf } from './ssh-configs.ts';

/** Makes keys with these names in a folder of the test. */
function keysIn(...names: readonly string[]): (name: string) => string {
  const folder = tempDir();
  for (const name of names) makeKey(join(folder, name), '-C', `comment of ${name}`);
  return (name) => join(folder, name);
}

describe.skipIf(requireProgram('ssh') === null)('the configured key', () => {
  test('is the only file that counts', async () => {
    const at = keysIn('mine', 'other');
    const set = await load({ privateKeyPath: at('mine'), identityFiles: [at('other')] });
    expect(summary(set.identities)).toEqual(['publickey mine']);
    expect(set.notices).toEqual([]);
  });

  test('may come with the public key that belongs to it', async () => {
    const at = keysIn('mine');
    const set = await load({ privateKeyPath: at('mine'), publicKeyPath: at('mine.pub') });
    expect(set.identities[0]?.publicKey).toEqual(blobOf(publicKeyOf(at('mine'))));
  });

  test.each([
    [
      'another public key',
      'other.pub',
      'public-key-mismatch',
      'the public key <home>/other.pub does not belong to the private key <home>/mine; correct one of the two',
    ],
    [
      'a missing public key',
      'none.pub',
      'public-key-unreadable',
      'aws.public_ssh_key_path <home>/none.pub is missing or no public SSH key; correct it or leave it out',
    ],
    [
      'a private key as the public one',
      'other',
      'public-key-unreadable',
      'aws.public_ssh_key_path <home>/other is missing or no public SSH key; correct it or leave it out',
    ],
  ])('with %s is refused', async (_, publicKey, code, message) => {
    const at = keysIn('mine', 'other');
    const loading = load({ privateKeyPath: at('mine'), publicKeyPath: at(publicKey) });
    expect(await configErrorOf(loading)).toEqual({ code, exitCode: 78, message });
  });

  test('must exist, even if there is an agent with other keys', async () => {
    const at = keysIn('other');
    const loading = load({ privateKeyPath: at('mine'), agentSocket: await startAgent(at('other')) });
    expect(await configErrorOf(loading)).toEqual({
      code: 'key-missing',
      exitCode: 78,
      message:
        'the SSH key <home>/mine does not exist; ' +
        'correct aws.private_ssh_key_path, or leave it out to use ssh-agent and the keys in ~/.ssh',
    });
  });

  test('must be usable', async () => {
    const path = join(tempDir(), 'mine');
    writeFileSync(path, 'hello', { mode: 0o600 });
    expect(await configErrorOf(load({ privateKeyPath: path }))).toEqual({
      code: 'key-not-private',
      exitCode: 78,
      message: '<home>/mine does not hold a private SSH key; name the file that does',
    });
  });

  test('must not be a public one', async () => {
    const at = keysIn('mine');
    expect(await configErrorOf(load({ privateKeyPath: at('mine.pub') }))).toEqual({
      code: 'key-is-public',
      exitCode: 78,
      message: 'the SSH key <home>/mine.pub is a public key; name the private one, most likely <home>/mine',
    });
  });
});

describe.skipIf(requireProgram('ssh') === null)('without a configured key', () => {
  test('the files that exist are tried in order, then the other keys of the agent', async () => {
    const at = keysIn('one', 'two', 'three', 'four');
    const agentSocket = await startAgent(at('four'), at('two'));
    const set = await load({ identityFiles: ['three', 'missing', 'two', 'one'].map(at), agentSocket });
    expect(summary(set.identities)).toEqual([
      'publickey three',
      'publickey two',
      'publickey one',
      'agent comment of four',
    ]);
    expect(set.notices).toEqual([]);
  });

  test('IdentitiesOnly leaves out the keys of the agent that no file names', async () => {
    const at = keysIn('one', 'two', 'three');
    const agentSocket = await startAgent(at('one'), at('two'), at('three'));
    rmSync(at('two'));
    const set = await load({ identityFiles: [at('one'), at('two')], identitiesOnly: true, agentSocket });
    expect(summary(set.identities)).toEqual(['publickey one', 'agent two']);
  });

  test('a public key as IdentityFile chooses the key of the agent', async () => {
    const at = keysIn('one', 'two');
    const agentSocket = await startAgent(at('one'), at('two'));
    const set = await load({ identityFiles: [at('two.pub')], identitiesOnly: true, agentSocket });
    expect(summary(set.identities)).toEqual(['agent two.pub']);
  });

  test('unusable files are passed over with a notice', async () => {
    const at = keysIn('one');
    const junk = at('junk');
    writeFileSync(junk, 'hello', { mode: 0o600 });
    const set = await load({ identityFiles: [junk, at('one')] });
    expect(summary(set.identities)).toEqual(['publickey one']);
    expect(set.notices).toEqual([`${junk} does not hold a private SSH key; name the file that does`]);
  });

  test('where all files are unusable, the first one says why', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'one'));
    writeFileSync(join(folder, 'two'), 'hello', { mode: 0o600 });
    const loading = load({ identityFiles: [join(folder, 'one'), join(folder, 'two')] });
    expect(await configErrorOf(loading)).toEqual({
      code: 'key-not-private',
      exitCode: 78,
      message: 'the SSH key <home>/one is a folder; name the file',
    });
  });

  test('no more keys are tried than sshd looks at', async () => {
    const at = keysIn('1', '2', '3', '4', '5', '6', '7', '8');
    const agentSocket = await startAgent(...['5', '6', '7', '8'].map(at));
    const set = await load({ identityFiles: ['1', '2', '3', '4'].map(at), agentSocket });
    expect(summary(set.identities)).toEqual([
      ...['1', '2', '3', '4'].map((name) => `publickey ${name}`),
      'agent comment of 5',
      'agent comment of 6',
    ]);
    expect(set.notices).toEqual([
      '2 SSH keys too many, not tried (comment of 7, comment of 8): sshd hangs up after 6 keys; ' +
        'name the right one as aws.private_ssh_key_path',
    ]);
  });
});

describe('no key at all', () => {
  test('is an error that says where was looked', async () => {
    const folder = tempDir();
    const loading = load({ identityFiles: [join(folder, 'id_ed25519'), join(folder, 'id_rsa')] });
    expect(await configErrorOf(loading)).toEqual({
      code: 'no-key',
      exitCode: 78,
      message:
        'there is no SSH key to log in with (looked for <home>/id_ed25519, <home>/id_rsa); ' +
        'set aws.private_ssh_key_path, or add a key to ssh-agent',
    });
  });

  test('is an error that says what is wrong with the agent', async () => {
    const socket = join(tempDir(), 'agent');
    expect(await configErrorOf(load({ agentSocket: socket }))).toEqual({
      code: 'no-key',
      exitCode: 78,
      message:
        'there is no SSH key to log in with; ssh-agent at <home>/agent is not used: Failed to connect to agent; ' +
        'set aws.private_ssh_key_path, or add a key to ssh-agent',
    });
  });
});

test('an agent that takes the connection and stays silent is given up, and the connection closed', async () => {
  const socket = join(tempDir(), 'agent');
  const server = createServer();
  server.listen(socket);
  onTestFinished(() => void server.close());
  const connected = once(server, 'connection') as Promise<[Socket]>;
  expect((await configErrorOf(load({ agentSocket: socket }))).message).toBe(
    'there is no SSH key to log in with; ssh-agent at <home>/agent is not used: no answer in 3000 ms; ' +
      'set aws.private_ssh_key_path, or add a key to ssh-agent',
  );
  const [connection] = await connected;
  await once(connection.resume(), 'close');
});
