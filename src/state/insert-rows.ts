import type { Database } from './database.ts';

/** Rows of one statement: a database that is far away is asked less often, and there are two statements only. */
const AT_ONCE = 32;

/** A value for each column. */
export type Row = readonly (string | number | null)[];

/** Inserts rows in their order, however many they are; the caller's transaction makes them all or none. */
export function insertRows(database: Database, table: string, columns: readonly string[], rows: readonly Row[]): void {
  const places = `(${columns.map(() => '?').join(', ')})`;
  for (let from = 0; from < rows.length;) {
    const count = rows.length - from < AT_ONCE ? 1 : AT_ONCE;
    const values = Array.from({ length: count }, () => places).join(', ');
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}`;
    database.run(sql, ...rows.slice(from, from + count).flat());
    from += count;
  }
}
