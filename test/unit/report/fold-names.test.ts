import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandNames, foldNames } from '../../../src/report/fold-names.ts';

describe('foldNames', () => {
  it.each([
    [['web-1', 'web-2', 'web-3', 'web-7'], ['web-[1-3,7]']],
    [
      ['web-7', 'db-1', 'web-1'],
      ['db-1', 'web-[1,7]'],
    ],
    [['a08', 'a09', 'a10', 'a11'], ['a[08-11]']],
    [['a8', 'a9', 'a10'], ['a[8-10]']],
    [['a1', 'a01'], ['a[1,01]']],
    [['10.0.0.1:2200', '10.0.0.2:2200', '10.0.0.9:2200'], ['10.0.0.[1-2,9]:2200']],
    [
      ['r1-web1', 'r1-web2', 'r2-web1'],
      ['r1-web[1-2]', 'r2-web1'],
    ],
    [
      ['i-00000000000000001', 'i-00000000000000002'],
      ['i-00000000000000001', 'i-00000000000000002'],
    ],
    [
      ['[::1]:22', '[::1]:23'],
      ['[::1]:22', '[::1]:23'],
    ],
    [
      ['a[1]', 'a[2]'],
      ['a[[1]', 'a[[2]'],
    ],
    [['mail'], ['mail']],
    [[], []],
  ])('of %j is %j', (names, folded) => {
    expect(foldNames(names)).toEqual(folded);
  });

  it('folds five hundred names into one word, in no time', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `worker-${index + 1}.eu-west-1.example.com`);
    const before = performance.now();
    expect(foldNames(names)).toEqual(['worker-[1-5000].eu-west-1.example.com']);
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('loses no name and adds none', () => {
    const numbered = fc
      .tuple(fc.constantFrom('web-', 'a', '', 'r1-web'), fc.nat(30), fc.boolean(), fc.constantFrom('', '.x', '-2', '0'))
      .map(([before, number, pad, after]) => `${before}${pad ? String(number).padStart(2, '0') : number}${after}`);
    const bracketed = fc.stringMatching(/^[a[\]1-3,-]{1,8}$/);
    const anyName = fc.oneof(numbered, bracketed, fc.string({ minLength: 1, unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 60 }), (names) => {
        expect(expandNames(foldNames(names)).sort()).toEqual([...names].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the order of the names', () => {
    const anyName = fc.stringMatching(/^[ab]-?[0-9]{1,2}-?[0-9]{0,2}$/);
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 30 }), (names) => {
        expect(foldNames([...names].reverse())).toEqual(foldNames(names));
      }),
    );
  });
});
