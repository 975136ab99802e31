import { Header } from 'tar/header';
import { expect, test } from 'vitest';
import { encodeHeader, paddingAfter } from '../../../src/payload/tar-entry.ts';

const GIBIBYTE = 1024 ** 3;

test('a file past the 8 GiB of a plain header keeps its size', () => {
  const bytes = encodeHeader({ type: 'file', path: 'files/big', mode: 0o644, sizeBytes: 9 * GIBIBYTE });
  const [extension, body, record] = [bytes.subarray(0, 512), bytes.subarray(512, 1024), bytes.subarray(1024)];
  expect(new Header(extension).type).toBe('ExtendedHeader');
  expect(body.toString()).toContain(` size=${9 * GIBIBYTE}\n`);
  expect(new Header(record).size).toBe(9 * GIBIBYTE);
});

test('a plain entry takes one record', () => {
  expect(encodeHeader({ type: 'file', path: 'files/a', mode: 0o644, sizeBytes: 1 })).toHaveLength(512);
});

test.each([
  [0, 0],
  [1, 511],
  [511, 1],
  [512, 0],
  [513, 511],
])('a content of %i bytes is followed by %i', (size, padding) => {
  expect(paddingAfter(size)).toEqual(Buffer.alloc(padding));
});
