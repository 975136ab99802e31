import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hrefOf, parentOf, type Route, routeOf, sectionOf } from '../../../src/ui/route.ts';

test('an address leads where it was made for, whatever the names hold', () => {
  const word = fc.string({ minLength: 1, unit: 'grapheme' });
  const route: fc.Arbitrary<Route> = fc.oneof(
    fc.constantFrom<Route>({ at: 'fleet' }, { at: 'runs' }, { at: 'payloads' }),
    fc.record({ at: fc.constant('instance' as const), id: word }),
    fc.record({ at: fc.constant('run' as const), id: word }),
    fc.record({ at: fc.constant('attempt' as const), id: word, instance: word }),
    fc.record({ at: fc.constant('version' as const), name: word, version: word }),
  );
  fc.assert(
    fc.property(route, (found) => {
      expect(routeOf(hrefOf(found))).toEqual(found);
    }),
  );
});

test.each(['', '#', '#/', '#/nowhere', '#/instance', '#/run/', '#/%'])('%j leads somewhere', (hash) => {
  expect(['fleet', 'runs']).toContain(routeOf(hash).at);
});

test('Esc leads upwards, and ends at the top', () => {
  const ways = (['fleet', 'runs', 'payloads'] as const).map((at) => parentOf({ at }));
  expect(ways).toEqual([null, null, null]);
  expect(parentOf({ at: 'attempt', id: 'r1', instance: 'i-1' })).toEqual({ at: 'run', id: 'r1' });
  expect(sectionOf({ at: 'attempt', id: 'r1', instance: 'i-1' })).toBe('runs');
  expect(parentOf({ at: 'instance', id: 'i-1' })).toEqual({ at: 'fleet' });
});
