import { describe, expect, test } from 'vitest';
import { putOffMs } from '../../../src/service/executor/put-off.ts';
import { asWord } from '../../../src/service/executor/work.ts';

describe('a task that is put off', () => {
  test('waits twice as long each time, up to half a minute, with a fifth of chance', () => {
    expect([1, 2, 3, 5, 6, 7, 1000].map((tries) => putOffMs(tries, () => 0))).toEqual([
      1000, 2000, 4000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect([1, 6].map((tries) => putOffMs(tries, () => 0.999999))).toEqual([800, 24_000]);
  });
});

describe('who wants an end', () => {
  test.each([
    ['ci', 'ci'],
    ['ann@laptop', 'ann@laptop'],
    ['build server; rm -rf /', 'build-server-rm--rf-'],
    ['two\nlines', 'two-lines'],
    ['', 'somebody'],
  ])('is one word to an instance: %j', (name, word) => {
    expect(asWord(name)).toBe(word);
  });
});
