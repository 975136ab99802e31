import type { Paint } from './painter.ts';
import { cutToWidth, displayWidth, harmless, padToWidth, wrapToWidth } from './text.ts';

/** Text, or text with its colour. A line break in it starts a new line within the cell. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface TableOptions {
  /** of the terminal; without it nothing is cut or wrapped */
  readonly columns?: number | undefined;
}

export const GAP = '  ';
/** No column is made narrower, however narrow the terminal. */
const MIN_COLUMN = 6;
/** The last column gives way first, down to this. */
export const MIN_LAST_COLUMN = 24;

/**
 * Lays out rows under a header, one line each. In a terminal that is too narrow the last column is wrapped, then the
 * widest of the others are cut.
 * Cells beyond the header are left out.
 * @returns the lines, each ended by a line break
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions,
): string {
  const all = [header, ...rows].map((row) => row.map(cellOf));
  const widths = fitWidths(naturalWidths(all, header.length), options.columns);
  return all
    .flatMap((row) => rowLines(row, widths))
    .map((line) => `${line}\n`)
    .join('');
}

interface TableCell {
  readonly lines: readonly string[];
  readonly paint: Paint;
}

function cellOf(cell: Cell): TableCell {
  const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (same: string) => same } : cell;
  return { lines: text.split('\n').map(harmless), paint };
}

function naturalWidths(rows: readonly (readonly TableCell[])[], count: number): number[] {
  return Array.from({ length: count }, (_, column) =>
    Math.max(...rows.flatMap((row) => row[column]?.lines.map(displayWidth) ?? [0])),
  );
}

function fitWidths(natural: readonly number[], columns: number | undefined): number[] {
  const widths = [...natural];
  if (!columns) return widths;
  const last = widths.length - 1;
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * last) - columns;
  const shrink = (column: number, least: number): void => {
    const cut = Math.max(0, Math.min(excess, (widths[column] as number) - least));
    widths[column] = (widths[column] as number) - cut;
    excess -= cut;
  };
  shrink(last, MIN_LAST_COLUMN);
  const byWidth = widths.map((_, column) => column).sort((a, b) => (widths[b] as number) - (widths[a] as number));
  for (const column of byWidth) shrink(column, MIN_COLUMN);
  return widths;
}

function rowLines(row: readonly TableCell[], widths: readonly number[]): string[] {
  const last = widths.length - 1;
  const cells = widths.map((width, column) => {
    const lines = row[column]?.lines ?? [''];
    return column === last
      ? lines.flatMap((line) => wrapToWidth(line, width))
      : lines.map((line) => cutToWidth(line, width));
  });
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    trimPadding(widths.map((width, column) => paintCell(cells[column]?.[index] ?? '', width, row[column]))),
  );
}

interface Painted {
  readonly painted: string;
  readonly padding: string;
}

function paintCell(text: string, width: number, cell: TableCell | undefined): Painted {
  const padding = padToWidth(text, width).slice(text.length);
  return { painted: text === '' || cell === undefined ? text : cell.paint(text), padding };
}

/** Joins the cells of a line, without the spaces behind the last text. */
function trimPadding(cells: readonly Painted[]): string {
  let line = '';
  let gap = '';
  for (const { painted, padding } of cells) {
    if (painted !== '') {
      line += gap + painted;
      gap = '';
    }
    gap += padding + GAP;
  }
  return line;
}
