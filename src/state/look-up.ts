import type { Database } from './database.ts';

/** Values of one statement; places that are left over are filled up, so that there are few different statements. */
const AT_ONCE = [1, 16, 256] as const;

/**
 * The rows of many values, however many they are.
 * @param sql of the statement, given the places for the values: `?, ?, ?`
 */
export function lookUp(database: Database, values: readonly string[], sql: (places: string) => string): unknown[] {
  const rows: unknown[] = [];
  for (let from = 0; from < values.length;) {
    const left = values.length - from;
    const size = AT_ONCE.find((places) => places >= left) ?? AT_ONCE[2];
    const some = values.slice(from, from + size);
    const filled = [...some, ...Array.from({ length: size - some.length }, () => null)];
    rows.push(...database.all(sql(filled.map(() => '?').join(', ')), ...filled));
    from += size;
  }
  return rows;
}
