import { expect, test } from 'vitest';
import { globMatcher } from '../../../src/inventory/glob.ts';

test.each([
  ['web*', 'web', true],
  ['web*', 'web-12', true],
  ['web*', 'my-web', false],
  ['*', '', true],
  ['**', 'a/b', true],
  ['web?', 'web1', true],
  ['web?', 'web', false],
  ['web?', 'web12', false],
  ['web[1-3]', 'web2', true],
  ['web[1-3]', 'web4', false],
  ['web[!1-3]', 'web4', true],
  ['web[!1-3]', 'web2', false],
  ['web[^]', 'web^', true],
  ['web[\\d]', 'web7', false],
  ['web[', 'web[', true],
  ['*.example.com', 'a.example.com', true],
  ['*.example.com', 'a-example-com', false],
  ['10.0.?.*', '10.0.1.22', true],
  ['a+(b)*', 'a+(b)c', true],
  ['[::1]:2222', '[::1]:2222', true],
  ['?', 'é', true],
  ['?', '😀', true],
  ['WEB*', 'web1', false],
  ['a*b', 'a\nb', true],
])('%o against %o: %s', (glob, text, expected) => {
  expect(globMatcher(glob)(text)).toBe(expected);
});

test('a range that runs backwards is an error', () => {
  expect(() => globMatcher('web[3-1]')).toThrow(SyntaxError);
});
