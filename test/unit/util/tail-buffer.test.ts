import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TailBuffer } from '../../../src/util/tail-buffer.ts';

function tailOf(limit: number, ...chunks: readonly string[]): string {
  const tail = new TailBuffer(limit);
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail.text();
}

describe('a tail', () => {
  test.each([
    ['nothing', [], ''],
    ['less than fits', ['ab\n', 'cd'], 'ab\ncd'],
    ['exactly what fits', ['ab\ncd\nefgh'], 'ab\ncd\nefgh'],
    ['more: it begins at a line', ['ab\ncd\nefgh\n'], 'cd\nefgh\n'],
    ['one line that is too long', ['0123456789abc'], '3456789abc'],
    ['one line that is too long, and its end', ['0123456789abc\n'], '456789abc\n'],
    ['many small pieces', [...'ab\ncd\nefgh\nij'], 'efgh\nij'],
    ['a piece that is longer than the limit', ['before\n', 'x'.repeat(50), '\nlast\n'], 'last\n'],
  ])('of %s', (_, chunks, text) => {
    expect(tailOf(10, ...chunks)).toBe(text);
  });

  test('is the same however the stream was cut into pieces, and never longer than the limit', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 12 }));
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 20 }), (chunks, limit) => {
        const text = tailOf(limit, ...chunks);
        expect(text).toBe(tailOf(limit, chunks.join('')));
        expect(text.length).toBeLessThanOrEqual(limit);
        expect(chunks.join('').endsWith(text)).toBe(true);
      }),
    );
  });

  test('does not hold on to the packets its bytes came in', () => {
    const tail = new TailBuffer(10);
    const packet = Buffer.from('0123456789');
    tail.push(packet);
    packet.fill('x');
    expect(tail.text()).toBe('0123456789');
  });
});
