import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../src/cli/environment.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

interface Given {
  readonly words?: readonly string[];
  /** content of the file `vars`, which is then given as --env-file */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function read({ words = [], file, env = {} }: Given): Promise<Record<string, string>> {
  const cwd = tempDir();
  if (file !== undefined) writeFileSync(join(cwd, 'vars'), file);
  const environment = await readEnvironment(words, file === undefined ? [] : ['vars'], { env, cwd });
  return Object.fromEntries([...environment].map(([name, secret]) => [name, secret.reveal()]));
}

describe('the environment of the script', () => {
  test.each<[what: string, given: Given, environment: Record<string, string>]>([
    ['is empty where nothing is given', {}, {}],
    ['is given as KEY=VALUE, with everything behind the first =', { words: ['A=b=c', 'B='] }, { A: 'b=c', B: '' }],
    ['keeps blanks, quotes and line ends', { words: ['A= "x"\ny '] }, { A: ' "x"\ny ' }],
    ['takes the value of a bare KEY from here', { words: ['A'], env: { A: 'here' } }, { A: 'here' }],
    ['is read from a file', { file: '# no\n\nA=1\r\n  export B=2\n_c9=3' }, { A: '1', B: '2', _c9: '3' }],
    [
      'takes a pair of quotes off',
      { file: `A="a b"\nB='c "d"'\nC="e\nD=""` },
      { A: 'a b', B: 'c "d"', C: '"e', D: '' },
    ],
    ['takes the later of two', { words: ['A=3', 'A=4'], file: 'A=1\nA=2\nB=2' }, { A: '4', B: '2' }],
  ])('%s', async (_, given, environment) => {
    expect(await read(given)).toEqual(environment);
  });

  test('does not show its values by accident', async () => {
    const environment = await readEnvironment(['TOKEN=secret'], [], { env: {}, cwd: '/' });
    expect(`${JSON.stringify([...environment])}${String(environment.get('TOKEN'))}`).not.toContain('secret');
  });
});

describe('refused are', () => {
  const nameAdvice = 'cannot name a variable; letters, digits and _ can, and no digit in front';

  test.each<[what: string, given: Given, exitCode: number, message: string]>([
    ['a name that begins with a digit', { words: ['1A=b'] }, 64, `--env: '1A' ${nameAdvice}`],
    ['no name at all', { words: ['=b'] }, 64, `--env: '' ${nameAdvice}`],
    ['a bad name in a file', { file: 'A=1\nB-C=2' }, 64, `vars:2: 'B-C' ${nameAdvice}`],
    [
      'a name of spot',
      { words: ['DEPLOY_FILES_DIR=/'] },
      64,
      '--env: DEPLOY_FILES_DIR is set by spot itself; choose another name',
    ],
    [
      'a name of spot in a file',
      { file: 'SPOT_INSTANCE_ID=x' },
      64,
      'vars:1: SPOT_INSTANCE_ID is set by spot itself; choose another name',
    ],
    [
      'a bare KEY that is not set here',
      { words: ['A'] },
      64,
      '--env A: there is no such variable here; write --env A=VALUE',
    ],
    [
      'a line that is no KEY=VALUE',
      { file: 'A=1\n\nnonsense' },
      66,
      'vars:3: no KEY=VALUE; put a # in front of comments',
    ],
  ])('%s', async (_, given, exitCode, message) => {
    await expect(read(given)).rejects.toMatchObject({ exitCode, message });
  });

  test('a file that is missing, and a folder', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'folder'));
    const refusal = (file: string) => readEnvironment([], [file], { env: {}, cwd });
    await expect(refusal('gone')).rejects.toMatchObject({
      exitCode: 66,
      message: '--env-file gone cannot be read (no such file or directory); check the path',
    });
    await expect(refusal(join(cwd, 'folder'))).rejects.toMatchObject({
      exitCode: 66,
      message: `--env-file ${join(cwd, 'folder')} cannot be read (illegal operation on a directory); check the path`,
    });
  });
});
