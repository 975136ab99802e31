import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatSpan, plural } from '../../../src/util/format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [1_234, '1.2 KB'],
  [9_949, '9.9 KB'],
  [9_950, '10 KB'],
  [14_400, '14 KB'],
  [999_499, '999 KB'],
  [999_500, '1.0 MB'],
  [100_000_000, '100 MB'],
  [2_500_000_000, '2.5 GB'],
  [3e12, '3.0 TB'],
  [5e15, '5000 TB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

test.each([
  [0, '0 ms'],
  [320.4, '320 ms'],
  [999.4, '999 ms'],
  [999.5, '1.0 s'],
  [1_440, '1.4 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [42_000, '42 s'],
  [59_499, '59 s'],
  [59_500, '1m00s'],
  [192_000, '3m12s'],
  [3_599_499, '59m59s'],
  [3_599_500, '1h00m'],
  [7_500_000, '2h05m'],
  [90_000_000, '25h00m'],
])('%d milliseconds are shown as %s', (ms, shown) => {
  expect(formatDuration(ms)).toBe(shown);
});

test.each([
  [0, '0 instances'],
  [1, '1 instance'],
  [2, '2 instances'],
])('%d of a noun is %s', (count, shown) => {
  expect(plural(count, 'instance')).toBe(shown);
});

test('a noun may have a plural of its own', () => {
  expect([plural(1, 'entry', 'entries'), plural(2, 'entry', 'entries')]).toEqual(['1 entry', '2 entries']);
});

test.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [86_399_999, '23 h'],
  [86_400_000, '1 d'],
])('%d milliseconds are a span of %s', (ms, shown) => {
  expect([formatSpan(ms), formatAge(ms)]).toEqual([shown, `${shown} ago`]);
});
