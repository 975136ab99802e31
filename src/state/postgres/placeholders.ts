/** Texts, quoted names and comments, which stay as they are; `?`; `@name`. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\?|@([A-Za-z_]\w*)/g;

/** A statement with `$1`, `$2`, … in place of `?` and `@name`. */
export interface Numbered {
  readonly text: string;
  /** name of each parameter; null: they are given in their order, so many */
  readonly names: readonly string[] | null;
  readonly count: number;
}

export function numberPlaceholders(sql: string): Numbered {
  const names: string[] = [];
  let unnamed = 0;
  const text = sql.replace(TOKEN, (token: string, name: string | undefined) => {
    if (token === '?') return `$${(unnamed += 1)}`;
    if (name === undefined) return token;
    const known = names.indexOf(name);
    return `$${known === -1 ? names.push(name) : known + 1}`;
  });
  if (unnamed > 0 && names.length > 0) throw new Error(`a statement has named and unnamed parameters: ${sql}`);
  return names.length > 0 ? { text, names, count: names.length } : { text, names: null, count: unnamed };
}

/**
 * The values in the order of their numbers. A NUL, which no text of PostgreSQL can hold, becomes U+FFFD.
 * @throws Error where one is missing
 */
export function valuesOf({ names, count }: Numbered, parameters: readonly unknown[]): unknown[] {
  const values =
    names === null ? [...parameters] : names.map((name) => (parameters[0] as Record<string, unknown>)[name]);
  if (values.length !== count || values.includes(undefined)) throw new Error('a parameter of a statement is missing');
  return values.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\u{FFFD}') : value));
}
