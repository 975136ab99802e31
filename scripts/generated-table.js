// What the scripts that write a table into a page of docs/ have in common.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes a table into a page, between two comments; with --check it only says whether that is needed (exit 1).
 * @param {{ page: string, script: string, what: string, table: string }} request `page` and `script` relative to root,
 *   `what` is listed
 */
export async function keepTable({ page, script, what, table }) {
  const [begin, end] = [`<!-- ${what}: made by ${script} -->`, `<!-- end of ${what} -->`];
  const path = `${root}/${page}`;
  const before = readFileSync(path, 'utf8');
  const [head, rest] = before.split(begin);
  const [, tail] = (rest ?? '').split(end);
  if (tail === undefined) throw new Error(`${path} has no place for the table: ${begin} … ${end}`);
  const options = { ...(await resolveConfig(path)), filepath: path };
  const after = await format(`${head}${begin}\n\n${table}\n\n${end}${tail}`, options);
  if (before === after) return;
  const isCheck = process.argv.includes('--check');
  if (isCheck) process.exitCode = 1;
  else writeFileSync(path, after);
  console.log(isCheck ? `${path} is out of date; run: node ${script}` : `Wrote ${path}.`);
}

/** What a module of src/ exports. @param {string} source relative to root */
export async function load(source) {
  const options = { entryPoints: [`${root}/${source}`], bundle: true, format: 'esm', platform: 'node', write: false };
  const { outputFiles } = await build(options);
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
