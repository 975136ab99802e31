import { spawnSync, type StdioOptions } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shellCommand, shellQuote } from '../../../src/util/shell-quote.ts';
import { requireProgram } from '../../helpers/require.ts';

test.each([
  ['plain', 'plain'],
  ['/tmp/a-b_c.d:e,f@g%h+i', '/tmp/a-b_c.d:e,f@g%h+i'],
  ['--name=x', '--name=x'],
  ['', "''"],
  ['two words', "'two words'"],
  ["it's", `'it'\\''s'`],
  ['$HOME', "'$HOME'"],
  ['~/x', "'~/x'"],
  ['*', "'*'"],
  ['a\nb', "'a\nb'"],
  ['ä', "'ä'"],
  ['A=b', "'A=b'"],
])('%j is written as %s', (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

test('a word with a NUL byte is refused', () => {
  expect(() => shellQuote('a\0b')).toThrow('a shell word cannot hold a NUL byte');
});

test('argv becomes one line', () => {
  expect(shellCommand(['mkdir', '-m', '0700', 'a b', ''])).toBe("mkdir -m 0700 'a b' ''");
});

/** Node's pipes are sockets, and bash takes a socket as stdin for a login by rsh: it would read ~/.bashrc first. */
const STDIO: StdioOptions = ['ignore', 'pipe', 'pipe'];

/** The words as a real shell reads them. @param shell argv */
function readBy(shell: readonly string[], words: readonly string[]): readonly string[] {
  const [program, ...args] = [...shell, '-c', shellCommand(['printf', '%s\\0', ...words])];
  const { stdout, status } = spawnSync(program, args, { encoding: 'utf8', stdio: STDIO });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

const nasty = fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~=^%- \t\r\n', 'a', 'Z', '0', 'ß', '日', '🚀');
const word = fc.oneof(
  fc.string({ unit: nasty }),
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
);

describe.each([
  ['sh', ['sh']],
  ['dash', [requireProgram('dash')]],
  ['bash', [requireProgram('bash')]],
  ['busybox sh', [requireProgram('busybox'), 'sh']],
] as const)('%s', (_, [program, ...args]) => {
  const shell = [program ?? '', ...args];

  test.skipIf(program === null)('reads back exactly the words that were quoted', () => {
    const words = fc.array(word, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, (given) => {
        expect(readBy(shell, given)).toEqual(given);
      }),
    );
  });

  test.skipIf(program === null)('looks for a command whose name looks like an assignment', () => {
    const line = `${shellCommand(['A=b'])} 2>/dev/null`;
    expect(spawnSync(shell[0] as string, [...shell.slice(1), '-c', line], { stdio: STDIO }).status).toBe(127);
  });
});
