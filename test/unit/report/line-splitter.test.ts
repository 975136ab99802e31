import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUT_MARK, LineSplitter, MAX_LINE_CHARS } from '../../../src/report/line-splitter.ts';

function split(...chunks: (string | Buffer)[]): string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  return [...lines, ...splitter.end()];
}

describe('splitting output into lines', () => {
  it.each([
    ['whole lines', ['one\ntwo\n'], ['one', 'two']],
    ['a line in pieces', ['o', 'ne\nt', 'wo\n'], ['one', 'two']],
    ['a last line without a line end', ['one\ntwo'], ['one', 'two']],
    ['empty lines', ['\n\n'], ['', '']],
    ['no output', [], []],
    ['CRLF', ['one\r\ntwo\r\n'], ['one', 'two']],
    ['CRLF cut in the middle', ['one\r', '\ntwo\r', '\n'], ['one', 'two']],
    ['of a progress bar the last state', ['10%\r20%\r', '100%\n'], ['100%']],
    ['colours are gone', ['\u001B[31mred\u001B[0m\n'], ['red']],
  ])('%s', (_name, chunks, lines) => {
    expect(split(...chunks)).toEqual(lines);
  });

  it('puts characters together however their bytes were cut', () => {
    const text = 'größe 漢字 🚀';
    fc.assert(
      fc.property(fc.array(fc.nat(Buffer.byteLength(text)), { maxLength: 8 }), (cuts) => {
        const bytes = Buffer.from(`${text}\n`);
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(split(...chunks)).toEqual([text]);
      }),
    );
  });

  it('prints what is not UTF-8 as replacement characters', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x0a, 0xc3]))).toEqual(['a\uFFFD', '\uFFFD']);
  });

  it('cuts a line of a megabyte once, says so, and goes on with the next line', () => {
    const splitter = new LineSplitter();
    const piece = Buffer.alloc(64 * 1024, 'x');
    const lines = Array.from({ length: 16 }, () => splitter.push(piece)).flat();
    lines.push(...splitter.push(Buffer.from('x\nnext\n')));
    expect(lines).toEqual([`${'x'.repeat(MAX_LINE_CHARS)}${CUT_MARK}`, 'next']);
    expect(splitter.end()).toEqual([]);
  });

  it('cuts a long line that arrives whole in the same way', () => {
    expect(split(`${'y'.repeat(MAX_LINE_CHARS + 1)}\nnext\n`)).toEqual([
      `${'y'.repeat(MAX_LINE_CHARS)}${CUT_MARK}`,
      'next',
    ]);
  });

  it('does not cut a progress bar that never ends its line', () => {
    const states = Array.from({ length: 2000 }, (_, index) => `\r${index} of 2000 done`);
    expect(split(...states)).toEqual(['1999 of 2000 done']);
  });
});
