import { expect, test } from 'vitest';
import { matchesPattern, matchesPatternList } from '../../../src/transport/ssh/pattern.ts';

test.each([
  ['web', 'web', true],
  ['web', 'web1', false],
  ['web', 'Web', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['web?', 'web1', true],
  ['web?', 'web', false],
  ['web?', 'web12', false],
  ['*.example.com', 'a.b.example.com', true],
  ['*.example.com', 'example.com', false],
  ['10.0.*.?', '10.0.12.3', true],
  ['10.0.*.?', '10.0.12.34', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['', '', true],
  ['', 'a', false],
])('the pattern %s and the name %s: %s', (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});

test.each([
  [['a', 'b'], 'b', true],
  [['a', 'b'], 'c', false],
  [['*', '!b'], 'b', false],
  [['!b', '*'], 'b', false],
  [['!b', '*'], 'c', true],
  [['!b'], 'c', false],
  [[], 'c', false],
] as const)('the list %j and the name %s: %s', (patterns, text, expected) => {
  expect(matchesPatternList(patterns, text)).toBe(expected);
});

test('many stars do not multiply the work on a name that almost fits', () => {
  // trying every split would never end
  expect(matchesPattern('*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(20_000))).toBe(false);
});
