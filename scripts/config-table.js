// Writes the table of settings into docs/configuration.md; with --check it only says whether that is needed (exit 1).
// The sentences are the comments of config.example.yaml, the defaults those of src/config/schema.ts.
import { readFileSync } from 'node:fs';
import { keepTable, load, root } from './generated-table.js';

const { SCHEMA } = await load('src/config/schema.ts');
await keepTable({
  page: 'docs/configuration.md',
  script: 'scripts/config-table.js',
  what: 'settings',
  table: tableOf(SCHEMA, readComments()),
});

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
  const head = ['<!-- prettier-ignore -->', '| key | default | what it is for |', '| --- | --- | --- |'];
  return [...head, ...rows].join('\n');
}
