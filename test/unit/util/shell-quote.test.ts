import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellCommand, shellQuote } from '../../../src/util/shell-quote.ts';

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

/** The words as a real shell reads them. */
function readByShell(words: readonly string[]): readonly string[] {
  const line = shellCommand(['printf', '%s\\0', ...words]);
  const { stdout, status } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

const nasty = fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~=^%- \t\r\n', 'a', 'Z', '0', 'ß', '日', '🚀');
const word = fc.oneof(
  fc.string({ unit: nasty }),
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
);

test('a shell reads back exactly the words that were quoted', () => {
  const words = fc.array(word, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(words, (given) => {
      expect(readByShell(given)).toEqual(given);
    }),
  );
});

test('a command whose name looks like an assignment is looked for as a command', () => {
  const { status } = spawnSync('sh', ['-c', `${shellCommand(['A=b'])} 2>/dev/null`]);
  expect(status).toBe(127);
});
