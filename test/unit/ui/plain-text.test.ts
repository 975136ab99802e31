import { expect, test } from 'vitest';
import { plainText } from '../../../src/ui/plain-text.ts';

test.each([
  ['what is plain', 'a\tb\nc\n', 'a\tb\nc\n'],
  ['colours', '\u001B[31mred\u001B[0m\n', 'red\n'],
  ['the title of a terminal', '\u001B]0;gone\u0007here', 'here'],
  ['a bar that was drawn again', ' 10 %\r 55 %\r100 %\nok\n', '100 %\nok\n'],
  ['lines of another system', 'a\r\nb\r\n', 'a\nb\n'],
  ['a line that ends where it began', 'done\r', 'done'],
  ['control characters, and marks that turn text around', 'a\u0000b\u202Ec', 'a\uFFFDb\uFFFDc'],
  ['HTML', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
])('%s', (_, output, shown) => {
  expect(plainText(output)).toBe(shown);
});
