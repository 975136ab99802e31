import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Document,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { Draft } from './draft.ts';
import { expandHostRange } from './host-range.ts';

/** Deeper than anybody nests groups; an alias may lead in a circle. */
const DEEPEST = 50;

interface Page {
  readonly draft: Draft;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * Reads an inventory in Ansible's YAML format.
 * @param label the file as messages name it
 */
export function readYaml(text: string, label: string): Draft {
  const draft = new Draft(label);
  const lines = new LineCounter();
  // the library looks for keys that stand twice by comparing each with each
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const page = { draft, document, lines };
  const [wrong] = document.errors;
  if (wrong !== undefined) {
    const what = wrong.message.split(';', 1)[0] as string;
    draft.problem(lines.linePos(wrong.pos[0]).line, `this is not valid YAML: ${what}; correct that line`);
    return draft;
  }
  const root = valueOf(document.contents, page);
  if (root === null) return draft;
  if (!isMap(root)) draft.problem(lineOf(root, page), 'an inventory in YAML is a map of groups; begin with "all:"');
  else if (root.has('plugin')) draft.problem(lineOf(root, page), 'this is the configuration of an inventory plugin');
  else for (const [name, node, line] of entriesOf(root, page)) readGroup(name, node, line, page, 0);
  return draft;
}

function readGroup(name: string, node: Node | null, line: number, page: Page, depth: number): void {
  const { draft } = page;
  const group = draft.group(name, line);
  if (depth > DEEPEST) return draft.problem(line, `groups are nested more than ${DEEPEST} deep; write less`);
  if (node === null) return;
  if (!isMap(node)) return draft.problem(line, `the group ${name} is a map of hosts, vars and children`);
  for (const [key, value, at] of entriesOf(node, page)) {
    if (key === 'hosts') readHosts(value, group.hosts, at, page);
    else if (key === 'vars') readVariables(value, group.variables, at, page);
    else if (key === 'children') {
      for (const [child, inner, place] of entriesOf(mapOf(value, 'children', at, page), page)) {
        group.children.add(child);
        readGroup(child, inner, place, page, depth + 1);
      }
    } else draft.problem(at, `a group has no '${key}'; it has hosts, vars and children (of ${name})`);
  }
}

function readHosts(node: Node | null, members: Set<string>, line: number, page: Page): void {
  const { draft } = page;
  const single = isScalar(node) && typeof node.value === 'string' ? [[node.value, null, line] as const] : null;
  for (const [pattern, value, at] of single ?? entriesOf(mapOf(node, 'hosts', line, page), page)) {
    const names = expandHostRange(pattern);
    if (typeof names === 'string') {
      draft.problem(at, names);
      continue;
    }
    for (const name of names) {
      members.add(name);
      readVariables(value, draft.host(name, at).variables, at, page);
    }
  }
}

function readVariables(node: Node | null, variables: Map<string, unknown>, line: number, page: Page): void {
  if (node === null) return;
  const map = mapOf(node, 'variables', line, page);
  for (const [key, value] of entriesOf(map, page)) variables.set(key, plainOf(value, page));
}

function plainOf(node: Node | null, page: Page): unknown {
  if (isScalar(node)) return node.value === null ? null : textOf(node);
  if (!isMap(node)) return node === null ? null : node.toJS(page.document, { maxAliasCount: 100 });
  return Object.fromEntries(
    entriesOf(node, page).map(([key, value]) => [key, isMap(value) ? null : plainOf(value, page)]),
  );
}

/** As it is written: `007` is a name, too. */
function textOf({ source, value }: Scalar): string {
  return source ?? (typeof value === 'string' ? value : '');
}

function mapOf(node: Node | null, what: string, line: number, page: Page): YAMLMap | null {
  if (isMap(node)) return node;
  if (node !== null)
    page.draft.problem(line, `${what} are a map here: write each with a colon behind it, not as a list`);
  return null;
}

type Entry = readonly [key: string, value: Node | null, line: number];

function entriesOf(map: YAMLMap | null, page: Page): Entry[] {
  const seen = new Set<string>();
  return (map?.items ?? []).map(({ key, value }) => {
    const name = isScalar(key) ? textOf(key) : '';
    const line = lineOf(key as Node | null, page);
    if (seen.has(name)) page.draft.problem(line, `${name} stands here twice; write it once`);
    seen.add(name);
    return [name, valueOf(value as Node | null, page), line];
  });
}

/** What an alias means; null for nothing. */
function valueOf(node: Node | null | undefined, page: Page): Node | null {
  const meant = isAlias(node) ? node.resolve(page.document) : node;
  return meant === undefined || meant === null || (isScalar(meant) && meant.value === null) ? null : meant;
}

function lineOf(node: Node | null, { lines }: Page): number {
  return lines.linePos(node?.range?.[0] ?? 0).line;
}
