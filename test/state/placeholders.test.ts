import { expect, test } from 'vitest';
import { locationOf } from '../../src/state/postgres/location.ts';
import { numberPlaceholders, valuesOf } from '../../src/state/postgres/placeholders.ts';

test.each([
  ['SELECT 1 AS one', [], 'SELECT 1 AS one', []],
  ['SELECT * FROM t WHERE a = ? AND b = ?', [1, null], 'SELECT * FROM t WHERE a = $1 AND b = $2', [1, null]],
  ['UPDATE t SET a = @a, b = @b, c = @a', [{ b: 2, a: 1, more: 3 }], 'UPDATE t SET a = $1, b = $2, c = $1', [1, 2]],
  [`SELECT '?@a''?', "?@b" FROM t -- ?\nWHERE a = ?`, ['x'], `SELECT '?@a''?', "?@b" FROM t -- ?\nWHERE a = $1`, ['x']],
  ['SELECT ?', ['a\0b'], 'SELECT $1', ['a\u{FFFD}b']],
])('%s', (sql, parameters, text, values) => {
  const numbered = numberPlaceholders(sql);
  expect(numbered.text).toBe(text);
  expect(valuesOf(numbered, parameters)).toEqual(values);
});

test('a statement gets all of its parameters, or is not sent', () => {
  const missing = 'a parameter of a statement is missing';
  expect(() => valuesOf(numberPlaceholders('SELECT ?, ?'), [1])).toThrow(missing);
  expect(() => valuesOf(numberPlaceholders('SELECT ?'), [1, 2])).toThrow(missing);
  expect(() => valuesOf(numberPlaceholders('SELECT @a, @b'), [{ a: 1 }])).toThrow(missing);
  expect(() => numberPlaceholders('SELECT ?, @a')).toThrow('named and unnamed');
});

test.each([
  ['postgres://spot:secret@db.example.com:5433/fleet?sslmode=verify-full', 'postgres://spot@db.example.com:5433/fleet'],
  ['postgresql://db/fleet?password=secret', 'postgres://db/fleet'],
  ['postgres://spot@%2Frun%2Fpostgresql/fleet', 'postgres://spot@%2Frun%2Fpostgresql/fleet'],
])('%s is shown without what is secret', (url, location) => {
  expect(locationOf(url)).toBe(location);
});
