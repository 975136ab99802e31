import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffLines } from '../../../src/util/diff-lines.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

function shown(a: string, b: string): string {
  return diffLines([...a], [...b])
    .map(({ sign, text }) => `${sign}${text}`)
    .join('');
}

describe('two lists of lines', () => {
  test.each([
    ['', '', ''],
    ['abc', 'abc', ' a b c'],
    ['', 'ab', '+a+b'],
    ['ab', '', '-a-b'],
    ['abc', 'axc', ' a-b+x c'],
    ['abcd', 'acd', ' a-b c d'],
    ['aa', 'aaa', ' a a+a'],
    ['aab', 'ab', ' a-a b'],
    // the example of Myers' paper
    ['abcabba', 'cbabac', '-a-b c+b a b-b a+c'],
  ])('%s and %s are compared as %s', (a, b, expected) => {
    expect(shown(a, b)).toBe(expected);
  });

  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 });

  test('give back both, and keep as much of them as diff(1) --minimal does', () => {
    const folder = tempDir();
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const diff = diffLines(a, b);
        expect(diff.filter(({ sign }) => sign !== '+').map(({ text }) => text)).toEqual(a);
        expect(diff.filter(({ sign }) => sign !== '-').map(({ text }) => text)).toEqual(b);
        const [left, right] = [a, b].map((words, index) => {
          const path = join(folder, String(index));
          writeFileSync(path, words.map((word) => `${word}\n`).join(''));
          return path;
        }) as [string, string];
        const { stdout } = spawnSync('diff', ['--minimal', left, right], { encoding: 'utf8' });
        const edits = stdout.split('\n').filter((line) => /^[<>]/.test(line)).length;
        expect(diff.filter(({ sign }) => sign !== ' ')).toHaveLength(edits);
      }),
      { numRuns: 200 },
    );
  });

  test('of which nearly nothing is the same are compared all the same, in bounded time and memory', () => {
    const numbers = (prefix: string) => Array.from({ length: 60_000 }, (_, index) => `${prefix}${index}`);
    const [a, b] = [
      ['same', ...numbers('a'), 'end'],
      ['same', ...numbers('b'), 'end'],
    ];
    const diff = diffLines(a, b);
    expect(diff).toHaveLength(120_002);
    expect([diff[0], diff[1], diff.at(-2), diff.at(-1)]).toEqual([
      { sign: ' ', text: 'same' },
      { sign: '-', text: 'a0' },
      { sign: '+', text: 'b59999' },
      { sign: ' ', text: 'end' },
    ]);
  });

  test('that are long and differ in one line show that line', () => {
    const a = Array.from({ length: 100_000 }, (_, index) => String(index));
    const b = a.with(50_000, 'other');
    const changed = diffLines(a, b).filter(({ sign }) => sign !== ' ');
    expect(changed).toEqual([
      { sign: '-', text: '50000' },
      { sign: '+', text: 'other' },
    ]);
  });
});
