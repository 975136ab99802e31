import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/cli/completion/kinds.ts';
import { placeholderOf } from '../../../src/cli/completion/place.ts';
import { forBash, readBashLine, unquote } from '../../../src/cli/completion/shell-words.ts';
import type { Io } from '../../../src/cli/io.ts';
import { grammarOf } from '../../../src/cli/program.ts';

const BREAKS = ' \t\n"\'@><=;|&(:';

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

test('every place of the command line has a kind, even if nothing can be offered there', () => {
  const commands = withChildren(grammarOf({ stdout: {} } as Io));
  const strange = commands.flatMap((command) => {
    const names = [
      ...command.registeredArguments
        .filter(({ argChoices }) => argChoices === undefined)
        .map((argument) => argument.name()),
      ...command.options.filter(({ argChoices }) => argChoices === undefined).map(placeholderOf),
    ];
    const unknown = names.filter((name) => name !== '' && !Object.hasOwn(KINDS, name) && !/^\w+(\|\w+)+$/.test(name));
    return unknown.map((name) => `${command.name()} <${name}>`);
  });
  expect(commands.length).toBeGreaterThan(30);
  expect(strange, 'give it a kind in src/cli/completion/kinds.ts').toEqual([]);
});

describe('a line of bash', () => {
  test.each([
    ['spot list ', [['list'], '', 0, '']],
    ['spot list we', [['list'], 'we', 0, '']],
    ['spot -l role=we', [['-l'], 'role=we', 5, '']],
    ["spot -l 'a b", [['-l'], 'a b', 0, "'"]],
    ['spot "a\\"b" c\\ d', [['a"b'], 'c d', 0, '']],
    ["spot 'x' y", [['x'], 'y', 0, '']],
    ['FOO', [[], 'FOO', 0, '']],
  ])('%j is read', (line, [words, current, kept, quote]) => {
    expect(readBashLine(line, BREAKS)).toEqual({ words, current, kept, quote });
  });

  test('gets back what stands behind what it keeps, in its own quotes', () => {
    expect(forBash('role=a b', readBashLine('spot role=', BREAKS))).toBe('a\\ b');
    expect(forBash('a b', readBashLine("spot 'a", BREAKS))).toBe('a b');
    expect(forBash("a'b", readBashLine("spot 'a", BREAKS))).toBeNull();
    expect(forBash('a$b', readBashLine('spot "a', BREAKS))).toBeNull();
  });

  test('is no concern of the other shells, whose words come one by one', () => {
    expect([unquote('a\\ b'), unquote("'it"), unquote('a b')]).toEqual(['a b', 'it', 'a b']);
  });
});
