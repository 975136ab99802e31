import { describe, expect, test } from 'vitest';
import { createLogView } from '../../../src/cli/log-view.ts';

/** Everything that a view writes for these pieces of an output. */
function shown(pieces: readonly string[], prefix: string | null, isTTY: boolean): string {
  const written: Buffer[] = [];
  const writer = { isTTY, write: (text: string | Uint8Array) => void written.push(Buffer.from(text as string)) };
  const view = createLogView(writer, prefix);
  for (const piece of pieces) view.push(Buffer.from(piece, 'latin1'));
  view.end();
  return Buffer.concat(written).toString('latin1');
}

describe('a log', () => {
  test('of the only instance goes to a pipe as it is', () => {
    expect(shown(['a\xff\x1b[1m', 'b\nc'], null, false)).toBe('a\xff\x1b[1mb\nc');
  });

  test('of several has the instance in front of each line, however it is cut, and its bytes as they are', () => {
    expect(shown(['a', '\xff\nb\n\nc', 'd'], 'web-1', false)).toBe('web-1 | a\xff\nweb-1 | b\nweb-1 | \nweb-1 | cd\n');
  });

  test('that never ends its line is not held in memory for ever', () => {
    const text = shown(['x'.repeat(600_000), 'x'.repeat(600_000), 'y\n'], 'w', false);
    expect(text).toBe(`w | ${'x'.repeat(1_200_000)}\nw | y\n`);
  });

  test('cannot do anything to a terminal', () => {
    expect(shown(['a\x1b[2Jb\n', 'c\x07'], null, true)).toBe(Buffer.from('ab\nc\uFFFD\n').toString('latin1'));
    expect(shown(['a\x1b[2Jb\n'], 'web-1', true)).toBe('web-1 | ab\n');
  });
});
