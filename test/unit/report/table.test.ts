import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/report/table.ts';
import { displayWidth } from '../../../src/report/text.ts';

describe('a table', () => {
  it('lines its columns up under the header and leaves no spaces at line ends', () => {
    const rows = [
      ['web-1', 'running', 'eu'],
      ['database', 'stopped', ''],
    ];
    expect(formatTable(['NAME', 'STATE', 'REGION'], rows, {})).toBe(
      'NAME      STATE    REGION\n' + 'web-1     running  eu\n' + 'database  stopped\n',
    );
  });

  it('counts wide characters as two columns', () => {
    const rows = [
      ['漢字', 'x'],
      ['abcde', 'y'],
    ];
    expect(formatTable(['A', 'B'], rows, {})).toBe('A      B\n漢字   x\nabcde  y\n');
  });

  it('aligns by the text, not by its colour', () => {
    const paint = (text: string): string => `\u001B[31m${text}\u001B[39m`;
    const rows = [[{ text: 'no', paint }, 'x']];
    expect(formatTable(['OUTCOME', 'B'], rows, {})).toBe('OUTCOME  B\n\u001B[31mno\u001B[39m       x\n');
  });

  it('gives a cell of several lines several lines', () => {
    expect(
      formatTable(
        ['A', 'B'],
        [
          ['a', 'one\ntwo'],
          ['b', 'three'],
        ],
        {},
      ),
    ).toBe('A  B\na  one\n   two\nb  three\n');
  });

  it('wraps the last column where the terminal ends', () => {
    const rows = [['web-1', 'refused the connection: check that sshd runs there']];
    expect(formatTable(['NAME', 'DETAIL'], rows, { columns: 36 })).toBe(
      'NAME   DETAIL\n' + 'web-1  refused the connection: check\n' + '       that sshd runs there\n',
    );
  });

  it('then cuts the widest of the other columns', () => {
    const rows = [['a-very-long-name-of-an-instance', '10.0.0.1', 'a detail of some twenty-eight']];
    const table = formatTable(['NAME', 'ADDRESS', 'DETAIL'], rows, { columns: 50 });
    expect(table).toBe(
      'NAME            ADDRESS   DETAIL\n' +
        'a-very-long-n…  10.0.0.1  a detail of some\n' +
        '                          twenty-eight\n',
    );
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(50);
  });

  it('makes control characters of a name harmless', () => {
    expect(formatTable(['NAME'], [['\u001B[2Jweb\u0007']], {})).toBe('NAME\nweb\uFFFD\n');
  });

  it('of no rows is its header', () => {
    expect(formatTable(['NAME', 'STATE'], [], { columns: 80 })).toBe('NAME  STATE\n');
  });
});
