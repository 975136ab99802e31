import { type Child, h } from './dom.ts';

export interface Column {
  readonly name: string;
  readonly isNumber?: boolean;
  /** left out where there is little room */
  readonly isMinor?: boolean;
  /** takes what room the others leave */
  readonly isWide?: boolean;
}

/** A table with its head; on narrow screens it scrolls in its frame, minor columns go first. */
export function createTable(
  caption: string,
  columns: readonly Column[],
): { readonly element: HTMLElement; readonly body: HTMLTableSectionElement } {
  const body = h('tbody');
  const heads = columns.map((column) => h('th', { scope: 'col', class: classOf(column) }, column.name));
  const head = h('thead', {}, h('tr', {}, ...heads));
  const table = h('table', {}, h('caption', { class: 'unseen' }, caption), head, body);
  return { element: h('div', { class: 'table-frame' }, table), body };
}

export function row(columns: readonly Column[], cells: readonly Child[]): HTMLTableRowElement {
  return h('tr', {}, ...cells.map((cell, index) => h('td', { class: classOf(columns[index]) }, cell)));
}

function classOf(column: Column | undefined): string | null {
  const { isNumber = false, isMinor = false, isWide = false } = column ?? {};
  const classes = [isNumber && 'number', isMinor && 'minor', isWide && 'wide'];
  return classes.filter((name) => name !== false).join(' ') || null;
}
