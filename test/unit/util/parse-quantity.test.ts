import { expect, test } from 'vitest';
import { parseDuration, parseSize } from '../../../src/util/parse-quantity.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['10', 10_000],
  ['0.25', 250],
  ['0', 0],
  [' 7s ', 7_000],
])('%j is a duration of %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  ' ',
  's',
  'abc',
  '-1s',
  '+1s',
  '1 s',
  '1s 2s',
  '1S',
  '1w',
  '1e3',
  '.5s',
  '5.s',
  '0x10',
  '1h30',
  'Infinity',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  ['512', 512],
  ['512b', 512],
  ['100 MB', 100_000_000],
  ['1kb', 1_000],
  ['1KiB', 1_024],
  ['2MiB', 2_097_152],
  ['1.5GiB', 1_610_612_736],
  ['3gb', 3_000_000_000],
  [' 1KB ', 1_000],
])('%j is a size of %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'MB', '-1', '1 MB 2', '1.MB', '1e3', '2M', '1TB', '1 constructor', '0x10'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeNull();
});
