import { describe, expect, it } from 'vitest';
import { Screen } from '../../../src/report/screen.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { aWriter } from './events.ts';

describe('the screen', () => {
  it('replaces a frame by a shorter one without a trace', () => {
    const terminal = new FakeTerminal(20, 10);
    const screen = new Screen(terminal);
    screen.draw(['a long first line', 'second', 'third'], []);
    screen.draw(['short', 'two'], []);
    expect(terminal.screen).toEqual(['short', 'two']);
  });

  it('draws each frame in one write', () => {
    const writer = aWriter({ columns: 20, rows: 10 });
    const screen = new Screen(writer);
    screen.draw(['one', 'two'], ['a message']);
    screen.draw(['three'], []);
    screen.draw(['three'], []);
    expect(writer.writes).toHaveLength(2);
  });

  it('writes only the lines that have changed', () => {
    const terminal = new FakeTerminal(20, 10);
    const written: string[] = [];
    const screen = new Screen({
      columns: 20,
      rows: 10,
      write: (text) => {
        written.push(String(text));
        terminal.write(String(text));
      },
    });
    screen.draw(['one', 'two', 'three', 'four'], []);
    screen.draw(['one', 'TWO', 'three', 'four'], []);
    expect(terminal.screen).toEqual(['one', 'TWO', 'three', 'four']);
    expect(written[1]).toContain('TWO');
    expect(written[1]).not.toMatch(/one|three|four/);
    screen.draw(['one', 'TWO', 'three', 'FOUR', 'five'], []);
    expect(terminal.screen).toEqual(['one', 'TWO', 'three', 'FOUR', 'five']);
  });

  it('keeps a message that is longer than the terminal is wide', () => {
    const terminal = new FakeTerminal(10, 10);
    const screen = new Screen(terminal);
    screen.draw(['frame 1', 'frame 2', 'frame 3'], []);
    screen.draw(['frame 1', 'frame 2', 'frame 3'], ['a message of 24 columns']);
    expect(terminal.screen).toEqual(['a message', 'of 24 colu', 'mns', 'frame 1', 'frame 2', 'frame 3']);
  });

  it('counts the rows of lines that a narrower terminal has broken', () => {
    const writer = aWriter({ columns: 40, rows: 10 });
    const screen = new Screen(writer);
    screen.draw(['\u001B[1m' + 'x'.repeat(40) + '\u001B[22m', 'y'.repeat(10)], []);
    writer.columns = 15;
    screen.draw(['z'], []);
    expect(writer.writes[1]?.startsWith('\u001B[4A\r')).toBe(true);
  });

  it.each([
    [undefined, undefined, 80, 23],
    [0, 0, 80, 23],
    [20, 5, 20, 4],
    [20, 1, 20, 1],
  ])('of a terminal that says %s × %s has %i columns and %i rows', (columns, rows, ownColumns, ownRows) => {
    const screen = new Screen({ write: () => {}, columns, rows });
    expect([screen.columns, screen.rows]).toEqual([ownColumns, ownRows]);
  });

  it('writes nothing when there is nothing to erase', () => {
    const writer = aWriter();
    new Screen(writer).erase();
    expect(writer.writes).toEqual([]);
  });
});
