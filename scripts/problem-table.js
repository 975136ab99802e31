// Writes the table of problems into docs/service-api.md; with --check it only says whether that is needed (exit 1).
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}/docs/service-api.md`;
const BEGIN = '<!-- problems: made by scripts/problem-table.js -->';
const END = '<!-- end of problems -->';

const before = readFileSync(page, 'utf8');
const after = await withTable(before, tableOf(await readProblems()));
if (before !== after) {
  const isCheck = process.argv.includes('--check');
  if (isCheck) process.exitCode = 1;
  else writeFileSync(page, after);
  console.log(isCheck ? `${page} is out of date; run: node scripts/problem-table.js` : `Wrote ${page}.`);
}

/** @returns {Promise<Record<string, { rpc: number, http: number, sentence: string }>>} */
async function readProblems() {
  const source = { entryPoints: [`${root}/src/service/problems.ts`], bundle: true, format: 'esm', write: false };
  const { outputFiles } = await build(source);
  const { PROBLEMS } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
  );
  return PROBLEMS;
}

/** @param {Record<string, { rpc: number, http: number, sentence: string }>} problems */
function tableOf(problems) {
  const rows = Object.entries(problems).map(([code, { rpc, http, sentence }]) => {
    const shown = code === 'aws' ? '`aws-…`' : `\`${code}\``;
    return `| ${shown} | ${rpc} | ${http} | ${sentence} |`;
  });
  return ['| code | JSON-RPC | HTTP | what it means |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

async function withTable(text, table) {
  const [head, rest] = text.split(BEGIN);
  const [, tail] = (rest ?? '').split(END);
  if (tail === undefined) throw new Error(`${page} has no place for the table: ${BEGIN} … ${END}`);
  const options = await resolveConfig(page);
  return format(`${head}${BEGIN}\n\n${table}\n\n${END}${tail}`, { ...options, filepath: page });
}
