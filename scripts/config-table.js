// Writes the table of settings into docs/configuration.md; with --check it only says whether that is needed (exit 1).
// The sentences are the comments of config.example.yaml, the defaults those of src/config/schema.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}/docs/configuration.md`;
const BEGIN = '<!-- settings: made by scripts/config-table.js -->';
const END = '<!-- end of settings -->';

const before = readFileSync(page, 'utf8');
const after = await withTable(before, tableOf(await readSchema(), readComments()));
if (before !== after) {
  const isCheck = process.argv.includes('--check');
  if (isCheck) process.exitCode = 1;
  else writeFileSync(page, after);
  console.log(isCheck ? `${page} is out of date; run: node scripts/config-table.js` : `Wrote ${page}.`);
}

/** @returns {Promise<Record<string, { fallback: string | string[] | null }>>} */
async function readSchema() {
  const source = { entryPoints: [`${root}/src/config/schema.ts`], bundle: true, format: 'esm', platform: 'node' };
  const { outputFiles } = await build({ ...source, write: false });
  const { SCHEMA } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
  return SCHEMA;
}

/** @returns {Map<string, string>} key path to the comment above it, on one line */
function readComments() {
  const comments = new Map();
  let section = '';
  let words = [];
  for (const line of readFileSync(`${root}/config.example.yaml`, 'utf8').split('\n')) {
    const [, indent = '', name] = /^( *)(?:# )?([a-z_]+): \S+$/.exec(line) ?? [];
    const [, opened] = /^([a-z_]+):$/.exec(line) ?? [];
    if (name !== undefined) comments.set(indent === '' ? name : `${section}.${name}`, words.join(' '));
    if (opened !== undefined) section = opened;
    const [, comment] = name === undefined ? (/^ *# ?(.*)$/.exec(line) ?? []) : [];
    words = comment === undefined ? [] : [...words, comment];
  }
  return comments;
}

/** @param {Record<string, { fallback: string | string[] | null }>} schema @param {Map<string, string>} comments */
function tableOf(schema, comments) {
  const rows = Object.entries(schema).map(([key, { fallback }]) => {
    const comment = comments.get(key);
    if (comment === undefined) throw new Error(`config.example.yaml says nothing of ${key}`);
    const shown = fallback === null ? '' : `\`${Array.isArray(fallback) ? `[${fallback.join(', ')}]` : fallback}\``;
    return `| \`${key}\` | ${shown} | ${comment.replace(/[|<>*]/g, '\\$&')} |`;
  });
  return ['| key | default | what it is for |', '| --- | --- | --- |', ...rows].join('\n');
}

/** @param {string} text @param {string} table */
async function withTable(text, table) {
  const [head, rest] = text.split(BEGIN);
  const [, tail] = (rest ?? '').split(END);
  if (tail === undefined) throw new Error(`${page} has no place for the table: ${BEGIN} … ${END}`);
  const options = await resolveConfig(page);
  return format(`${head}${BEGIN}\n\n<!-- prettier-ignore -->\n${table}\n\n${END}${tail}`, {
    ...options,
    filepath: page,
  });
}
