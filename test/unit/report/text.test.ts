import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, harmless, renderSpans, wrapToWidth } from '../../../src/report/text.ts';

describe('text of a remote host', () => {
  it.each([
    ['plain text stays', 'plain text ~', 'plain text ~'],
    ['a tab stays', 'a\tb', 'a\tb'],
    ['colours go', '\u001B[1;32mok\u001B[0m', 'ok'],
    ['the sequence that clears the screen goes', 'a\u001B[2Jb', 'ab'],
    ['a window title goes', '\u001B]0;owned\u0007text', 'text'],
    ['a colour does not take the text up to a bell with it', '\u001B[31mError\u0007 end', 'Error\uFFFD end'],
    ['a hyperlink leaves its words', '\u001B]8;;http://a\u001B\\words\u001B]8;;\u001B\\', 'words'],
    ['a string without an end does not take the line with it', '\u001B]0;title', '0;title'],
    ['a keypad switch goes', '\u001B(Ba\u001B=b', 'ab'],
    ['the one-character form of a sequence goes', '\u009B31mred', 'red'],
    ['bell and backspace are shown as what they are', 'a\u0007\bb', 'a\uFFFD\uFFFDb'],
    ['a lone escape cannot join what follows', '\u001B', '\uFFFD'],
    ['marks that reorder text are shown', 'user\u202Etxt.exe', 'user\uFFFDtxt.exe'],
    ['a line end cannot start a line of its own', 'a\nb\u2028c', 'a\uFFFDb\uFFFDc'],
  ])('%s', (_name, text, expected) => {
    expect(harmless(text)).toBe(expected);
  });
});

describe('width of text', () => {
  it.each([
    ['ascii', 'web-1', 5],
    ['accents', 'über', 4],
    ['a combining accent takes no column', 'e\u0301', 1],
    ['ideographs take two columns', '漢字', 4],
    ['kana and hangul too', 'かな한글', 8],
    ['fullwidth forms too', 'ＡＢ', 4],
    ['emoji too', '🚀', 2],
    ['nothing', '', 0],
  ])('%s', (_name, text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('cutting text to a width', () => {
  it.each([
    ['what fits stays', 'web-1', 5, 'web-1'],
    ['the mark takes the last column', 'web-12', 5, 'web-…'],
    ['a wide character is never halved', '漢字漢字', 4, '漢…'],
    ['a tab becomes a space', 'a\tb', 3, 'a b'],
    ['one column', 'abc', 1, '…'],
    ['no column', 'abc', 0, ''],
  ])('%s', (_name, text, columns, expected) => {
    expect(cutToWidth(text, columns)).toBe(expected);
  });

  it('cuts painted pieces by what is seen, not by the colour codes', () => {
    const paint = (text: string): string => `<${text}>`;
    expect(renderSpans([['name', paint], ['  '], ['detail', paint]], 9)).toBe('<name>  <de…>');
    expect(renderSpans([['a\tb', paint], ['c']], 9)).toBe('<a b>c');
    expect(renderSpans([['too long', paint], ['gone']], 5)).toBe('<too …>');
  });
});

describe('wrapping text to a width', () => {
  it.each([
    ['between words', 'one two three', 7, ['one two', 'three']],
    ['within a word that is too long', 'abcdefgh ij', 4, ['abcd', 'efgh', 'ij']],
    ['wide characters by their columns', '漢字漢字', 5, ['漢字', '漢字']],
    ['a long word after a short one', 'a bcdefgh', 4, ['a', 'bcde', 'fgh']],
    ['nothing is one empty line', '', 5, ['']],
  ])('%s', (_name, text, columns, expected) => {
    expect(wrapToWidth(text, columns)).toEqual(expected);
  });
});
