import { expect, test } from 'vitest';
import { matches } from '../../../src/ui/filter.ts';

const WEB = { words: ['web-12', 'i-0abc', 'failed'], values: { role: 'Web', az: 'eu-central-1a' } };

test.each([
  ['', true],
  ['web', true],
  ['WEB-1', true],
  ['web db', false],
  ['web failed', true],
  ['-failed', false],
  ['-succeeded web', true],
  ['role=web', true],
  ['role=db', false],
  ['-role=db', true],
  ['az=eu', true],
  ['nothing=here', false],
  ['role=', false],
  ['-', true],
])('%j', (filter, isMet) => {
  expect(matches(filter, WEB)).toBe(isMet);
});
