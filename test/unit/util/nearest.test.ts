import { expect, test } from 'vitest';
import { nearest } from '../../../src/util/nearest.ts';

const NAMES = ['connect_timeout', 'upload_timeout', 'kill_grace', 'concurrency'];

test.each([
  ['connect_timeout', 'connect_timeout'],
  ['conection_timeout', 'connect_timeout'],
  ['UploadTimeout', 'upload_timeout'],
  ['kill-grace', 'kill_grace'],
  ['kilgrace', 'kill_grace'],
  ['concurency', 'concurrency'],
  ['timeout', null],
  ['grace', null],
  ['', null],
])('%j is taken for %j', (word, meant) => {
  expect(nearest(word, NAMES)).toBe(meant);
});

test('of two that are close the closer one is taken', () => {
  expect(nearest('regions', ['region', 'regions_x', 'regiones'])).toBe('region');
  expect(nearest('regions', ['regional', 'regionss'])).toBe('regionss');
});

test('a short word may have one edit, not two', () => {
  expect(nearest('sh', ['ssh'])).toBe('ssh');
  expect(nearest('h', ['ssh'])).toBeNull();
});

test('nothing is near where there is nothing', () => {
  expect(nearest('a', [])).toBeNull();
});
