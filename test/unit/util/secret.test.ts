import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/util/secret.ts';

const secret = new Secret('hunter2');

test('a secret is opened by reveal', () => {
  expect(secret.reveal()).toBe('hunter2');
});

test.each([
  ['a template', () => `${secret}`],
  ['concatenation', () => '' + String(secret)],
  ['joining', () => [secret].join()],
  ['console.log', () => format(secret)],
  ['a %s of console.log', () => format('%s', secret)],
  ['inspect', () => inspect(secret, { showHidden: true })],
])('a secret in %s is redacted', (_name, print) => {
  expect(print()).toBe('[REDACTED]');
});

test('a secret deep in an object is redacted in JSON and in inspect', () => {
  const holder = { env: new Map([['TOKEN', secret]]), list: [{ secret }] };
  expect(JSON.stringify(holder)).toBe('{"env":{},"list":[{"secret":"[REDACTED]"}]}');
  expect(inspect(holder, { depth: null })).not.toContain('hunter2');
});

test('a secret shows nothing to those who copy or list its properties', () => {
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
  expect(structuredClone(secret)).toEqual({});
});
