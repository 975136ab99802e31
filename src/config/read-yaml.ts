import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Raw } from './kinds.ts';
import { nearest } from '../util/nearest.ts';
import { KEY_PATHS, isKeyPath, leafOf, namesIn } from './schema.ts';
import type { KeyPath } from './schema.ts';
import type { Entry } from './setting.ts';

/** A parsed file and where its lines are. */
interface Page {
  readonly label: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** What stands behind a key: nothing, something, or a reference to nothing. */
type Value = Node | null | undefined;

/**
 * Reads the text of a config file, top to bottom. Values stay text, so that `007` and `5m` mean the same here as on
 * the command line; the schema gives them their type.
 * @param label the file as messages name it
 */
export function readYaml(text: string, label: string): readonly Entry[] {
  const lines = new LineCounter();
  // the library's own message for a key that is set twice does not name the key
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const page = { label, document, lines };
  const wrong = syntaxProblems(page);
  if (wrong.length > 0) return wrong;
  const root = document.contents as Node | null;
  if (isEmpty(root)) return [];
  if (isMap(root)) return readMap(root, '', page);
  return [problem(`${label}:${lineOf(root, page)}: a config file holds keys, such as "state_dir: .spot"`)];
}

/** One problem a line: what the parser says after the first is mostly a consequence of it. */
function syntaxProblems({ label, document, lines }: Page): readonly Entry[] {
  const firstOfLine = new Map<number, string>();
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    const { line } = lines.linePos(pos[0]);
    // behind the semicolon stands advice for programmers
    if (!firstOfLine.has(line)) firstOfLine.set(line, message.split(';', 1)[0] as string);
  }
  return [...firstOfLine].map(([line, message]) =>
    problem(`${label}:${line}: this is not valid YAML: ${message}; correct that line`),
  );
}

function readMap(map: YAMLMap, section: string, page: Page): readonly Entry[] {
  const seen = new Map<string, number>();
  return map.items.flatMap((pair) => {
    const name = nameOf(pair);
    const key = section === '' ? name : `${section}.${name}`;
    const line = lineOf(pair.key as Node, page);
    const place = `${page.label}:${line}`;
    const where = `${place}: ${key}`;
    const earlier = seen.get(name);
    if (earlier !== undefined) return [problem(`${where} is set already on line ${earlier}; remove one of the two`)];
    seen.set(name, line);
    if (!namesIn(section).includes(name)) return [problem(`${where} is not a known key; ${hintFor(name, section)}`)];
    if (isKeyPath(key)) return [readValue(key, valueOf(pair, page), where, place)];
    return readSection(key, valueOf(pair, page), where, page);
  });
}

function readValue(key: KeyPath, node: Value, where: string, place: string): Entry {
  const raw = rawOf(node);
  if (raw !== undefined) return { key, raw, source: 'file', where, place };
  return problem(`${where} takes a plain value; put quotes around text with special characters`);
}

function readSection(section: string, node: Value, where: string, page: Page): readonly Entry[] {
  if (isEmpty(node)) return [];
  if (isMap(node)) return readMap(node, section, page);
  return [problem(`${where} takes no value; it is a section with the keys ${namesIn(section).join(', ')}`)];
}

/**
 * The text of a scalar, the texts of a list of scalars, `key=value` for each of a map of them, null for "no value",
 * undefined for anything nested deeper.
 */
function rawOf(node: Value): Raw | null | undefined {
  if (node === null) return null;
  if (isScalar(node)) return isEmpty(node) ? null : textOf(node);
  if (isMap(node)) return pairsOf(node);
  if (!isSeq(node)) return undefined;
  return node.items.every((item) => isScalar(item)) ? node.items.map(textOf) : undefined;
}

function pairsOf({ items }: YAMLMap): Raw | undefined {
  const pairs = items.map(({ key, value }) =>
    isScalar(key) && isScalar(value) ? `${textOf(key)}=${textOf(value)}` : undefined,
  );
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

function hintFor(name: string, section: string): string {
  const meant = nearest(name, namesIn(section)) ?? KEY_PATHS.find((key) => leafOf(key) === name);
  if (meant !== undefined) return `did you mean ${meant}?`;
  return `the keys ${section === '' ? 'here' : `of ${section}`} are ${namesIn(section).join(', ')}`;
}

function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? textOf(pair.key) : String(pair.key);
}

function valueOf(pair: Pair, { document }: Page): Value {
  return isAlias(pair.value) ? pair.value.resolve(document) : (pair.value as Node | null);
}

function textOf(scalar: { readonly value: unknown; readonly source?: string }): string {
  return scalar.source ?? String(scalar.value);
}

function isEmpty(node: Value): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function lineOf(node: Node | null, { lines }: Page): number {
  return lines.linePos(node?.range?.[0] ?? 0).line;
}

function problem(message: string): Entry {
  return { source: 'file', message };
}
