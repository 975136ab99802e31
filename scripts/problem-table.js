// Writes the table of problems into docs/service-api.md; with --check it only says whether that is needed (exit 1).
import { keepTable, load } from './generated-table.js';

const { PROBLEMS } = await load('src/service/problems.ts');
await keepTable({
  page: 'docs/service-api.md',
  script: 'scripts/problem-table.js',
  what: 'problems',
  table: tableOf(PROBLEMS),
});

/** @param {Record<string, { rpc: number, http: number, sentence: string }>} problems */
function tableOf(problems) {
  const rows = Object.entries(problems).map(([code, { rpc, http, sentence }]) => {
    const shown = code === 'aws' ? '`aws-…`' : `\`${code}\``;
    return `| ${shown} | ${rpc} | ${http} | ${sentence} |`;
  });
  return ['| code | JSON-RPC | HTTP | what it means |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
