import { describe, expect, test } from 'vitest';
import { parsePattern } from '../../../../src/run/fetch/pattern.ts';

describe('the pattern of spot fetch', () => {
  test.each([
    ['a/b', 'files', ['name a', 'name b']],
    ['./a//b/', 'files', ['name a', 'name b']],
    ['~/a', 'home', ['name a']],
    ['~', 'home', []],
    ['/var/*.log', 'root', ['name var', 'pattern *.log']],
    ['**', 'files', []],
    ['a/**/**/b', 'files', ['name a', 'deep ', 'name b']],
    ['a/**', 'files', ['name a']],
    // what shells read differently is asked for more widely, and decided here
    ['a?[!b][ü][a-c]', 'files', ['pattern a?*?*?*[a-c]']],
    ['*\\[', 'files', ['pattern *[\\\\][[]']],
    ['a**b', 'files', ['pattern a*b']],
  ])('%s begins and goes on', (text, base, segments) => {
    const pattern = parsePattern(text);
    expect([pattern.base, pattern.segments.map((segment) => `${segment.kind} ${segment.text}`)]).toEqual([
      base,
      segments,
    ]);
  });

  test.each([
    ['', /is empty/],
    ['a/../b', /holds \.\./],
    ['/', /means the whole disk/],
    ['/**', /means the whole disk/],
    ['~bob/x', /names the home of somebody/],
    ['a\0', /holds a NUL/],
    ['[z-a]', /brackets that cannot be read/],
  ])('%j is refused', (text, message) => {
    expect(() => parsePattern(text)).toThrow(message);
  });

  test.each([
    ['*.csv', ['a.csv', 'a.csv/below'], ['.a.csv', 'x/a.csv', 'a.csv2']],
    ['**/x', ['x', 'a/x', 'a/b/x', 'a/x/y'], ['.a/x', 'ax']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/c', 'a/b/x/y/c'], ['a/c', 'b/c']],
    ['?', ['ü', '😀', '\n'], ['ab', '.']],
    ['[!a]', ['b'], ['a', '.']],
    ['.*', ['.a'], ['a']],
    ['**', ['a', '.a', 'a/.b'], []],
  ])('%s means some paths and not others', (text, these, others) => {
    const { matches } = parsePattern(text);
    expect([these.filter(matches), others.filter(matches)]).toEqual([these, []]);
  });

  test('takes no time for a path that is made to take some', () => {
    const { matches } = parsePattern(`${'**/a/'.repeat(30)}b`);
    const started = performance.now();
    expect(matches('a/'.repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
