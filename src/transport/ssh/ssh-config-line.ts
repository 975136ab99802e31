import { LineType, parse, type Directive, type Line } from 'ssh-config';
import { configError, type SpotError } from '../../model/errors.ts';

/** Where a line of ssh_config stands; printed as `<file>:<line>`. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

export interface ConfigLine {
  /** in lower case */
  readonly keyword: string;
  /** never empty */
  readonly words: readonly [string, ...string[]];
  readonly origin: Origin;
}

/** Keywords with exactly one value; a second word is an error, as it is for ssh. */
const SINGLE_VALUE = new Set([
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'identityfile',
  'port',
  'proxyjump',
  'user',
]);

/** Keywords with a list of values. ProxyCommand is read only to be refused. */
const LIST_VALUE = new Set(['globalknownhostsfile', 'host', 'include', 'match', 'proxycommand', 'userknownhostsfile']);

/**
 * Reads one line; null where it says nothing that concerns `spot`.
 *
 * The `ssh-config` package takes lines apart (quotes, `=`, comments) and is given one at a time: a whole file would be
 * read as if a keyword without a value went on in the next line, and errors would have no line number. What the lines
 * mean is decided in `ssh-config-evaluate.ts`, because the package's own `compute` runs `Match exec` commands and
 * nslookup, lets `?` match nothing, knows no Include and no negated criteria.
 * @throws SpotError (exit 78) for a line that ssh would refuse too
 */
export function parseConfigLine(text: string, origin: Origin): ConfigLine | null {
  const name = /^\s*(\w+)/.exec(text)?.[1] ?? '';
  const keyword = name.toLowerCase();
  if (!SINGLE_VALUE.has(keyword) && !LIST_VALUE.has(keyword)) return null;
  const nodes = tokenize(text, origin);
  const directive = nodes.find((node): node is Directive => node.type === LineType.DIRECTIVE);
  const [first, ...rest] = directive === undefined ? [] : wordsOf(directive);
  if (directive === undefined || first === undefined) throw lineError(origin, `${name} has no value`);
  if (cutInWord(text, directive, nodes) || (SINGLE_VALUE.has(keyword) && needsQuotes(directive))) {
    throw lineError(origin, `the value of ${name} has a space, a single quote or # in it: put "…" around it`);
  }
  return { keyword, words: [first, ...rest], origin };
}

/** A sentence about one line of ssh_config. */
export function lineError(origin: Origin, problem: string, cause?: unknown): SpotError {
  return configError('ssh-config-invalid', `${origin.file}:${origin.line}: ${problem}`, cause);
}

function tokenize(text: string, origin: Origin): Line[] {
  try {
    // Match is read as a list of words like Host: the package takes criteria apart wrongly where one is negated
    const nodes = parse(text.replace(/^\s*match\b/i, 'Host'));
    // a section holds what follows it on the line, which is a comment if anything
    return [...nodes].flatMap((node) => ('config' in node ? [node, ...node.config] : [node]));
  } catch (error) {
    const problem = `"${text.trim()}" cannot be read: a value is missing or a quote is not closed`;
    throw lineError(origin, problem, error);
  }
}

function wordsOf({ value }: Directive): string[] {
  if (typeof value !== 'string') return value.map((word) => word.val);
  return value === '' ? [] : [value];
}

function needsQuotes({ value, quoted }: Directive): boolean {
  return typeof value === 'string' && quoted !== true && /\s|^'/.test(value);
}

/** The package takes every `#` for the start of a comment; for ssh it is one only at the start of a word. */
function cutInWord(text: string, directive: Directive, nodes: readonly Line[]): boolean {
  const comment = nodes.find((node) => node.type === LineType.COMMENT);
  if (comment === undefined || directive.quoted === true) return false;
  const before = text.trimEnd().slice(0, -comment.content.trimEnd().length);
  return !/[\s"]$/.test(before);
}
