import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { KEY_PATHS, SCHEMA } from '../../../src/config/schema.ts';
import { load, withFolder } from './load.ts';

const example = await readFile(new URL('../../../config.example.yaml', import.meta.url), 'utf8');

/** The example with its commented-out keys (`# username: ubuntu`) switched on. */
const complete = example.replace(/^( *)# ([a-z_]+): (?=\S+$)/gm, '$1$2: ');

/** Every key path of a parsed config file with its value. */
function flat(file: unknown, prefix = ''): [string, unknown][] {
  return Object.entries(file as object).flatMap(([name, value]): [string, unknown][] =>
    value instanceof Object && !Array.isArray(value) ? flat(value, `${prefix}${name}.`) : [[prefix + name, value]],
  );
}

test('the example, copied as it is, changes nothing', () =>
  withFolder(async (root) => {
    expect(await load({ files: { 'work/config.yaml': example } }, root)).toEqual(
      await load({ files: { 'work/config.yaml': '' } }, root),
    );
  }));

test('the example has every key, in the order of the schema, and no other', () => {
  expect(flat(parse(complete)).map(([key]) => key)).toEqual(KEY_PATHS);
});

test('the example shows the defaults', () => {
  const shown = flat(parse(complete)).filter(([key]) => SCHEMA[key as keyof typeof SCHEMA].fallback !== null);
  const defaults = Object.entries(SCHEMA).flatMap(([key, { fallback }]) =>
    fallback === null ? [] : [[key, fallback]],
  );
  expect(shown.map(([key, value]) => [key, Array.isArray(value) ? value : String(value)])).toEqual(defaults);
});

test('the example with every key switched on is right', () =>
  withFolder(async (root) => {
    const { aws } = await load({ files: { 'work/config.yaml': complete } }, root);
    expect(aws.username).toBe('ubuntu');
  }));

test('every key is explained: a comment stands above it', () => {
  const lines = example.split('\n');
  const above = lines.flatMap((line, index) => (/^ *(# )?[a-z_]+: \S+$/.test(line) ? [lines[index - 1]] : []));
  expect(above).toHaveLength(KEY_PATHS.length);
  expect(above.filter((line) => !/^ *# /.test(line ?? ''))).toEqual([]);
});
