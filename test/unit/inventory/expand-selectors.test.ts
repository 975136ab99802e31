import { describe, expect, test } from 'vitest';
import { expandSelectors } from '../../../src/inventory/expand-selectors.ts';

const FILES: Readonly<Record<string, string>> = {
  'hosts.txt': '# the web servers\nweb1\n\n  web2 , web3 \r\n\t# none\nrole=db',
  'none.txt': '# nothing yet\n\n',
  'nested.txt': 'web1\n@hosts.txt\n',
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error('no such file');
  return text;
}

test.each([
  [[], []],
  [['web1'], ['web1']],
  [
    ['web1, web2', 'role=db,'],
    ['web1', 'web2', 'role=db'],
  ],
  [['@hosts.txt'], ['web1', 'web2', 'web3', 'role=db']],
  [
    ['a,@hosts.txt', 'b'],
    ['a', 'web1', 'web2', 'web3', 'role=db', 'b'],
  ],
])('%o becomes %o', (selectors, words) => {
  expect(expandSelectors(selectors, { flag: '--limit', readFile })).toEqual(words);
});

const EMPTY = 'selects nothing; name ids, names, addresses, globs, key=value or @file, or leave the flag out';

describe('what selects nothing never comes to mean the whole fleet', () => {
  test.each([
    ['', 'empty-selector', `--limit '' ${EMPTY}`],
    [' , ', 'empty-selector', `--limit ' , ' ${EMPTY}`],
    ['@none.txt', 'empty-selector', 'the file none.txt names no instance; write one a line'],
    ['@', 'selector-file', 'cannot read the file of @ (no such file); check the path'],
    ['@gone.txt', 'selector-file', 'cannot read the file of @gone.txt (no such file); check the path'],
    ['@nested.txt', 'selector-file', 'the file nested.txt holds @hosts.txt; such a file cannot name another one'],
  ])('%o is refused', (selector, code, message) => {
    expect(() => expandSelectors(['web1', selector], { flag: '--limit', readFile })).toThrow(
      expect.objectContaining({ code, exitCode: 64, message }),
    );
  });

  test('says nothing of a flag where the words are those of a command', () => {
    expect(() => expandSelectors([''], { flag: null, readFile })).toThrow(
      "'' selects nothing; name ids, names, addresses, globs, key=value or @file",
    );
  });
});
