import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { afterChunk, lastLineOf, type LastWords, recordedWords } from '../../../src/run/last-words.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

type Chunk = readonly [stream: LastWords['stream'], bytes: string | Buffer];

function heard(chunks: readonly Chunk[]): string {
  let said: LastWords | null = null;
  for (const [stream, bytes] of chunks) said = afterChunk(said, { at: 1, stream, end: Buffer.from(bytes) });
  return said === null ? '' : lastLineOf(said);
}

describe('the last line of a script', () => {
  test.each([
    ['is whole', [['stdout', 'one\ntwo\n']], 'two'],
    ['is not whole yet', [['stdout', 'one\nDownloading 4']], 'Downloading 4'],
    [
      'came in pieces',
      [
        ['stdout', 'one\nDown'],
        ['stdout', 'loading'],
      ],
      'Downloading',
    ],
    ['is drawn over again and again', [['stderr', 'start\n10 %\r20 %\r30 %\r']], '30 %'],
    ['stands above empty ones', [['stdout', 'one\n\n  \n']], 'one'],
    [
      'is that of the stream that came last',
      [
        ['stdout', 'a half'],
        ['stderr', 'warning\n'],
      ],
      'warning',
    ],
    ['is long', [['stdout', 'x'.repeat(2000)]], 'x'.repeat(200)],
    ['begins in the middle of a character', [['stdout', `${'ü'.repeat(300)}!`]], 'ü'.repeat(200)],
    ['is nothing but line ends', [['stdout', '\n\n']], ''],
  ] as const)('when it %s', (_when, chunks, line) => {
    expect(heard(chunks)).toBe(line);
  });

  test('is found in what an earlier client wrote down, with its age', () => {
    const folder = tempDir();
    expect(recordedWords(folder, 'web-1')).toBe(null);
    writeFileSync(join(folder, 'web-1.out'), 'old\n');
    writeFileSync(join(folder, 'web-1.err'), 'older\n');
    utimesSync(join(folder, 'web-1.err'), 1000, 1000);
    utimesSync(join(folder, 'web-1.out'), 2000, 2000);
    const said = recordedWords(folder, 'web-1') as LastWords;
    expect([said.at, said.stream, lastLineOf(said)]).toEqual([2_000_000, 'stdout', 'old']);
  });
});
