import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { configError, messageOf } from '../../model/errors.ts';
import { globPaths } from './include-glob.ts';
import { lineError, parseConfigLine, type ConfigLine, type Origin } from './ssh-config-line.ts';
import { expandTilde } from './ssh-tokens.ts';

/** One condition of a `Match` line. */
export interface Criterion {
  /** in lower case, without the `!` */
  readonly name: string;
  readonly negated: boolean;
  /** empty for `all`, `final` and `canonical` */
  readonly value: string;
}

/**
 * What a file of ssh_config says, in order. `host` and `match` decide whether the settings and includes after them
 * count, up to the next of their kind in the same file.
 */
export type Statement =
  | { readonly type: 'host'; readonly patterns: readonly string[] }
  | { readonly type: 'match'; readonly criteria: readonly Criterion[]; readonly origin: Origin }
  | { readonly type: 'include'; readonly files: readonly (readonly Statement[])[] }
  | ({ readonly type: 'setting' } & ConfigLine);

/** How deep Include may go; `READCONF_MAX_DEPTH` of OpenSSH. */
const MAX_DEPTH = 16;

const BARE_CRITERIA = new Set(['all', 'canonical', 'final']);

/**
 * Reads a file and everything it includes. Included paths are relative to `~/.ssh`, as for ssh.
 * @throws SpotError (exit 78) for an unreadable file or a line that ssh would refuse
 */
export async function readStatements(file: string, home: string, depth = 0): Promise<Statement[]> {
  const text = await readText(file);
  const statements: Statement[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = parseConfigLine(content, { file, line: index + 1 });
    if (line !== null) statements.push(await statementOf(line, home, depth));
  }
  return statements;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw configError('ssh-config-unreadable', `ssh config file ${file} cannot be read: ${messageOf(error)}`, error);
  }
}

async function statementOf(line: ConfigLine, home: string, depth: number): Promise<Statement> {
  switch (line.keyword) {
    case 'host':
      return { type: 'host', patterns: line.words };
    case 'match':
      return { type: 'match', criteria: criteriaOf(line), origin: line.origin };
    case 'include':
      return { type: 'include', files: await readIncluded(line, home, depth) };
    default:
      return { type: 'setting', ...line };
  }
}

async function readIncluded(line: ConfigLine, home: string, depth: number): Promise<Statement[][]> {
  if (depth === MAX_DEPTH) throw lineError(line.origin, `Include goes deeper than ${MAX_DEPTH} files`);
  const files: Statement[][] = [];
  for (const word of line.words) {
    const expanded = expandTilde(word, home);
    const pattern = isAbsolute(expanded) ? expanded : join(home, '.ssh', expanded);
    for (const path of await globPaths(pattern)) files.push(await readStatements(path, home, depth + 1));
  }
  return files;
}

function criteriaOf({ words, origin }: ConfigLine): Criterion[] {
  const criteria: Criterion[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    const negated = word.startsWith('!');
    const name = word.slice(negated ? 1 : 0).toLowerCase();
    if (BARE_CRITERIA.has(name)) {
      criteria.push({ name, negated, value: '' });
      continue;
    }
    index += 1;
    const value = words[index];
    if (value === undefined) throw lineError(origin, `Match ${word} has no value`);
    criteria.push({ name, negated, value });
  }
  return criteria;
}
