import { type Cell, GAP, MIN_LAST_COLUMN } from './table.ts';
import { displayWidth, harmless } from './text.ts';

/** A column of a table that may be left out. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Cell;
  /** in a narrow terminal those of the highest rank go first; those of rank 0 stay, even without any value */
  readonly rank: number;
}

export interface Columns<T> {
  readonly shown: readonly Column<T>[];
  /** those that have values, and no room */
  readonly leftOut: readonly Column<T>[];
}

/**
 * Chooses the columns of a table: those without any value are left out, and of the others as many as there is room for
 * without cutting one of them. The last one may be wrapped.
 * @param width of the terminal; undefined or 0: there is room for all
 */
export function chooseColumns<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number | undefined,
): Columns<T> {
  const filled = columns.filter(({ rank, cell }) => rank === 0 || rows.some((row) => textOf(cell(row)) !== ''));
  const natural = new Map(filled.map((column) => [column, naturalWidth(column, rows)]));
  let shown = filled;
  for (;;) {
    const leastImportant = Math.max(...shown.map(({ rank }) => rank));
    if (!width || leastImportant === 0 || widthOf(shown, natural) <= width) break;
    shown = shown.filter(({ rank }) => rank !== leastImportant);
  }
  return { shown, leftOut: filled.filter((column) => !shown.includes(column)) };
}

function naturalWidth<T>({ title, cell }: Column<T>, rows: readonly T[]): number {
  return Math.max(displayWidth(title), ...rows.map((row) => displayWidth(harmless(textOf(cell(row))))));
}

function widthOf<T>(columns: readonly Column<T>[], natural: ReadonlyMap<Column<T>, number>): number {
  return columns.reduce((sum, column, index) => {
    const width = natural.get(column) ?? 0;
    const isLast = index === columns.length - 1;
    return sum + (isLast ? Math.min(width, MIN_LAST_COLUMN) : width + GAP.length);
  }, 0);
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
