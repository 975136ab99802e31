import { expect, test } from 'vitest';
import { chooseColumns, type Column } from '../../../src/report/columns.ts';

interface Row {
  readonly id: string;
  readonly type?: string;
  readonly tags?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ID', rank: 0, cell: ({ id }) => id },
  { title: 'ADDRESS', rank: 0, cell: () => '' },
  { title: 'TYPE', rank: 1, cell: ({ type = '' }) => ({ text: type, paint: (text) => `<${text}>` }) },
  { title: 'TAGS', rank: 2, cell: ({ tags = '' }) => tags },
];

function titles(rows: readonly Row[], width?: number): [shown: string, leftOut: string] {
  const { shown, leftOut } = chooseColumns(COLUMNS, rows, width);
  const join = (columns: readonly Column<Row>[]): string => columns.map(({ title }) => title).join(' ');
  return [join(shown), join(leftOut)];
}

test('columns that nobody has a value for are left out, but for those that always stay', () => {
  expect(titles([{ id: 'i-1' }, { id: 'i-2', type: 't3' }])).toEqual(['ID ADDRESS TYPE', '']);
  expect(titles([])).toEqual(['ID ADDRESS', '']);
});

const ROW = { id: 'i-0123456789', type: 't3.micro', tags: 'team=web env=prod zone=green tier=1' };

test.each([
  // 12 + 2 + 7 + 2 + 8 + 2 + the 24 that the last column is wrapped to
  [57, 'ID ADDRESS TYPE TAGS', ''],
  [56, 'ID ADDRESS TYPE', 'TAGS'],
  [31, 'ID ADDRESS TYPE', 'TAGS'],
  [30, 'ID ADDRESS', 'TYPE TAGS'],
  [5, 'ID ADDRESS', 'TYPE TAGS'],
  [0, 'ID ADDRESS TYPE TAGS', ''],
])('in %d columns of a terminal there is room for %s', (width, shown, leftOut) => {
  expect(titles([ROW], width)).toEqual([shown, leftOut]);
});

test('without a terminal there is room for all', () => {
  expect(titles([ROW])).toEqual(['ID ADDRESS TYPE TAGS', '']);
});

test('wide characters count as two', () => {
  expect(titles([{ id: '漢字漢字', type: 't3' }], 23)).toEqual(['ID ADDRESS TYPE', '']);
  expect(titles([{ id: '漢字漢字漢', type: 't3' }], 24)).toEqual(['ID ADDRESS', 'TYPE']);
});
