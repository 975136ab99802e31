import { displayWidth } from '../../../src/report/text.ts';
import type { Writer } from '../../../src/report/writer.ts';

const ESC = '\u001B';
const SEQUENCE = new RegExp(`${ESC}\\[(\\??\\d*)([A-Za-z])`, 'y');

/** A terminal that knows the control sequences the live view may use, and throws for any other. */
export class FakeTerminal implements Writer {
  columns: number;
  rows: number;
  readonly isTTY = true;
  isCursorShown = true;
  isWrapping = true;
  /**
   * Lines that have left the screen at the top, then those on it: a text a column, the second one of a wide character
   * is empty.
   */
  #lines: string[][] = [[]];
  #top = 0;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** What is on screen, without the empty lines at its end. */
  get screen(): string[] {
    const lines = this.#lines.slice(this.#top).map((cells) => cells.join('').trimEnd());
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  get scrolledAway(): string[] {
    return this.#lines.slice(0, this.#top).map((cells) => cells.join(''));
  }

  write(text: string): void {
    let position = 0;
    while (position < text.length) {
      SEQUENCE.lastIndex = position;
      const match = SEQUENCE.exec(text);
      if (match === null) {
        const character = String.fromCodePoint(text.codePointAt(position) as number);
        this.#put(character);
        position += character.length;
      } else {
        this.#control(match[1] as string, match[2] as string);
        position = SEQUENCE.lastIndex;
      }
    }
  }

  #put(character: string): void {
    if (character === '\n') this.#newLine();
    else if (character === '\r') this.#column = 0;
    else if (/\p{Cc}/u.test(character)) throw new Error(`control character ${JSON.stringify(character)} on screen`);
    else this.#print(character);
  }

  #print(character: string): void {
    const width = displayWidth(character);
    if (this.#column + width > this.columns) {
      if (!this.isWrapping) throw new Error('a line of the view is wider than the terminal');
      this.#newLine();
    }
    const cells = this.#lines[this.#row] as string[];
    while (cells.length < this.#column) cells.push(' ');
    cells.splice(this.#column, width, character, ...Array<string>(Math.max(0, width - 1)).fill(''));
    this.#column += width;
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push([]);
    this.#top = Math.max(this.#top, this.#row - this.rows + 1);
  }

  #control(argument: string, letter: string): void {
    const name = `${argument.startsWith('?') ? argument : ''}${letter}`;
    if (name === 'A') this.#row = Math.max(this.#top, this.#row - Number(argument || 1));
    else if (name === 'K') this.#eraseLineEnd();
    else if (name === 'J') this.#eraseBelow();
    else if (name === '?25h' || name === '?25l') this.isCursorShown = letter === 'h';
    else if (name === '?7h' || name === '?7l') this.isWrapping = letter === 'h';
    else throw new Error(`unknown control sequence ${name}`);
  }

  #eraseLineEnd(): void {
    (this.#lines[this.#row] as string[]).splice(this.#column);
  }

  #eraseBelow(): void {
    this.#eraseLineEnd();
    this.#lines.length = this.#row + 1;
  }
}
