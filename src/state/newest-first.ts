/** A page of rows whose ids sort by time: it begins where the one before ended, whatever was added or forgotten since. */
export interface NewestFirst {
  readonly limit: number;
  /** the ones that are older than the one of this id, which may be gone; null: from the newest */
  readonly before: string | null;
}

/**
 * The end of a SELECT of such a page, and its parameters.
 * @param wanted the value that each of these columns must have; null: any
 */
export function newestFirst(
  wanted: Readonly<Record<string, string | null>>,
  { limit, before }: NewestFirst,
): readonly [string, ...(string | number)[]] {
  const columns = Object.entries(wanted).flatMap(([column, value]) =>
    value === null ? [] : [[column, value] as const],
  );
  const conditions = [...columns.map(([column]) => `${column} = ?`), ...(before === null ? [] : ['id < ?'])];
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')} `;
  const values = [...columns.map(([, value]) => value), ...(before === null ? [] : [before])];
  return [`${where}ORDER BY id DESC LIMIT ?`, ...values, limit];
}
