import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Keyring } from '../../../src/transport/ssh/keyring.ts';
import { requireProgram } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { load, summary } from './identities.ts';
import { encrypt, makeKey } from './keys.ts';
import { startAgent } from './ssh-agent.ts';
import { configErrorOf } from './ssh-configs.ts';

/** Answers passphrases from a list and notes what it was asked. */
function answering(...answers: readonly (string | null)[]): { keyring: Keyring; asked: string[] } {
  const asked: string[] = [];
  const ask = (path: string): Promise<string | null> => {
    asked.push(path);
    return Promise.resolve(answers[asked.length - 1] ?? null);
  };
  return { keyring: new Keyring(ask), asked };
}

describe.skipIf(requireProgram('ssh') === null)('an encrypted key', () => {
  const WRONG: readonly (readonly [
    name: string,
    answers: readonly (string | null)[],
    code: string,
    message: string,
  ])[] = [
    [
      'after three wrong passphrases',
      ['a', 'b', 'c', 'secret'],
      'passphrase-wrong',
      'none of the 3 passphrases given fits the SSH key <home>/key; try again, or add it to ssh-agent with: ssh-add <home>/key',
    ],
    [
      'when no passphrase is given',
      ['a', null, 'secret'],
      'passphrase-missing',
      'no passphrase was given for the SSH key <home>/key; add it to ssh-agent with: ssh-add <home>/key',
    ],
  ];

  test.each(WRONG)('is given up %s', async (_, answers, code, message) => {
    const path = join(tempDir(), 'key');
    makeKey(path, '-N', 'secret');
    const loading = load({ privateKeyPath: path }, answering(...answers).keyring);
    expect(await configErrorOf(loading)).toEqual({ code, exitCode: 78, message });
  });

  test('cannot be used where nobody can be asked', async () => {
    const path = join(tempDir(), 'key');
    makeKey(path, '-N', 'secret');
    expect(await configErrorOf(load({ privateKeyPath: path }))).toEqual({
      code: 'key-encrypted',
      exitCode: 78,
      message:
        'the SSH key <home>/key is encrypted, and there is nobody to ask for its passphrase; ' +
        'add it to ssh-agent with: ssh-add <home>/key',
    });
  });

  test('is asked for again after a wrong passphrase, and once only for all hosts', async () => {
    const path = join(tempDir(), 'key');
    makeKey(path, '-N', 'secret');
    const { keyring, asked } = answering('wrong', 'secret');
    const sets = await Promise.all([
      load({ privateKeyPath: path }, keyring),
      load({ identityFiles: [path] }, keyring),
      load({ privateKeyPath: path, publicKeyPath: `${path}.pub` }, keyring),
    ]);
    expect(sets.map(({ identities }) => summary(identities))).toEqual(Array(3).fill(['publickey key']));
    expect(asked).toEqual([path, path]);
  });

  test('is not asked for before the question about another one is answered', async () => {
    const folder = tempDir();
    for (const name of ['one', 'two']) makeKey(join(folder, name), '-N', name);
    const open: string[] = [];
    const ask = async (path: string): Promise<string> => {
      open.push(path);
      expect(open).toHaveLength(1);
      await new Promise((resolve) => setImmediate(resolve));
      open.pop();
      return path.split('/').at(-1) as string;
    };
    const keyring = new Keyring(ask);
    const paths = ['one', 'two'].map((name) => join(folder, name));
    const sets = await Promise.all(paths.map((path) => load({ privateKeyPath: path }, keyring)));
    expect(sets.flatMap(({ identities }) => summary(identities))).toEqual(['publickey one', 'publickey two']);
  });

  test('is asked for although the question about another one broke off', async () => {
    const folder = tempDir();
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    for (const path of [one, two]) makeKey(path, '-N', 'secret');
    const ask = (path: string): Promise<string> =>
      path === one ? Promise.reject(new Error('the terminal is gone')) : Promise.resolve('secret');
    const keyring = new Keyring(ask);
    const loading = [one, two].map((path) => load({ privateKeyPath: path }, keyring));
    const [first, second] = await Promise.allSettled(loading);
    expect(first).toMatchObject({ status: 'rejected', reason: new Error('the terminal is gone') });
    expect(second).toMatchObject({ status: 'fulfilled' });
  });

  test.each([
    ['in its own format', []],
    ['as PEM, by the public key beside it', ['-t', 'rsa', '-m', 'PEM']],
  ])('that the agent holds is not asked for: %s', async (_, args) => {
    const path = join(tempDir(), 'key');
    makeKey(path, ...args);
    const agentSocket = await startAgent(path);
    encrypt(path);
    const { keyring, asked } = answering('secret');
    const set = await load({ privateKeyPath: path, agentSocket, publicKeyPath: `${path}.pub` }, keyring);
    expect(summary(set.identities)).toEqual(['agent key']);
    expect(asked).toEqual([]);
  });
});
