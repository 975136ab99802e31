import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unifiedHunks } from '../../../src/report/unified.ts';
import { diffLines } from '../../../src/util/diff-lines.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

function hunks(a: string, b: string): string {
  const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return unifiedHunks(diffLines(lines(a), lines(b)));
}

/** What diff(1) says, without its two lines of file names. */
function diffOf(a: string, b: string): string {
  const folder = tempDir();
  const [left, right] = [a, b].map((text, index) => {
    const path = join(folder, String(index));
    writeFileSync(path, text);
    return path;
  }) as [string, string];
  return spawnSync('diff', ['-u', left, right], { encoding: 'utf8' }).stdout.replace(/^.*\n.*\n/, '');
}

const NUMBERS = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`);

describe('hunks are those of diff -u', () => {
  test.each([
    ['nothing differs', 'a\n', 'a\n'],
    ['one is empty', '', 'a\nb\n'],
    ['the other is empty', 'a\nb\n', ''],
    ['one line of one', 'a\n', 'b\n'],
    ['the last line has no end', 'a\nb', 'a\nb\n'],
    ['neither last line has an end', 'a\nb', 'a\nc'],
    ['far apart', NUMBERS.join(''), NUMBERS.with(2, 'x\n').with(20, 'y\n').join('')],
    ['contexts that touch', NUMBERS.join(''), NUMBERS.with(2, 'x\n').with(9, 'y\n').join('')],
    ['contexts that do not touch', NUMBERS.join(''), NUMBERS.with(2, 'x\n').with(10, 'y\n').join('')],
    ['more at the end', NUMBERS.join(''), [...NUMBERS, 'more\n'].join('')],
    ['less at the beginning', NUMBERS.join(''), NUMBERS.slice(2).join('')],
  ])('where %s', (_, a, b) => {
    expect(hunks(a, b)).toBe(diffOf(a, b));
  });
});
