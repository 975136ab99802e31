import { expect, test } from 'vitest';
import { namesOf } from '../../../src/cli/several.ts';
import { newInstance } from '../../../src/model/instance.ts';

function fleet(count: number, name: string | null = null) {
  return Array.from({ length: count }, (_, index) => newInstance(`i-${index + 1}`, { name }, ''));
}

test.each([
  [fleet(2), 'i-1, i-2'],
  [fleet(2, 'worker'), 'worker (i-1), worker (i-2)'],
  [fleet(10), 'i-1, i-2, i-3, i-4, i-5, i-6, i-7, i-8, i-9, i-10'],
  [fleet(12), 'i-1, i-2, i-3, i-4, i-5, i-6, i-7, i-8, i-9, i-10 … and 2 more'],
])('instances are named so that each can be told apart, many of them shortly', (instances, names) => {
  expect(namesOf(instances)).toBe(names);
});
