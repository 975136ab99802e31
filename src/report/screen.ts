import { displayWidth, withoutEscapes } from './text.ts';
import type { Writer } from './writer.ts';

/** Control sequences of ECMA-48 and DEC's terminals that every terminal of today knows. */
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
/** A line that turns out wider than computed is cut by the terminal, not wrapped: the row count stays right. */
const WRAP_OFF = '\u001B[?7l';
const WRAP_ON = '\u001B[?7h';
const ERASE_LINE_END = '\u001B[K';
const ERASE_BELOW = '\u001B[J';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** A few lines at the bottom of a terminal that are drawn over again and again, each time in one write. */
export class Screen {
  readonly #writer: Writer;
  #drawn: readonly string[] = [];
  #drawnColumns = 0;
  #isCursorHidden = false;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get columns(): number {
    return this.#writer.columns || DEFAULT_COLUMNS;
  }

  /** Rows that can be drawn; the cursor rests on the one below them. */
  get rows(): number {
    return Math.max(1, (this.#writer.rows || DEFAULT_ROWS) - 1);
  }

  /**
   * Replaces what was drawn last. `messages` are printed above it and stay there.
   * Lines are no wider than `columns` and no more than `rows`.
   */
  draw(lines: readonly string[], messages: readonly string[]): void {
    const isSame = messages.length === 0 && lines.join('\n') === this.#drawn.join('\n');
    if (isSame) return;
    const hide = this.#isCursorHidden ? '' : HIDE_CURSOR;
    const printed = messages.map((message) => `${message}${ERASE_LINE_END}\n`).join('');
    const frame = lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('');
    const top = moveUp(this.#drawnHeight());
    this.#writer.write(`${hide}${top}${printed}${WRAP_OFF}${frame}${ERASE_BELOW}${WRAP_ON}`);
    this.#drawn = lines;
    this.#drawnColumns = this.columns;
    this.#isCursorHidden = true;
  }

  /** Takes the lines away and gives the cursor back. */
  erase(): void {
    if (!this.#isCursorHidden) return;
    const height = this.#drawnHeight();
    // line by line: some terminals keep a copy of the screen when it is cleared as a whole
    const empty = `${ERASE_LINE_END}\n`.repeat(height);
    this.#writer.write(`${moveUp(height)}${empty}${moveUp(height)}${SHOW_CURSOR}`);
    this.#drawn = [];
    this.#isCursorHidden = false;
  }

  /** More rows than lines where the terminal has become narrower since and has broken them. */
  #drawnHeight(): number {
    const { columns } = this;
    if (columns >= this.#drawnColumns) return this.#drawn.length;
    const heights = this.#drawn.map((line) => Math.ceil(displayWidth(withoutEscapes(line)) / columns));
    return heights.reduce((rows, height) => rows + Math.max(1, height), 0);
  }
}

function moveUp(rows: number): string {
  return rows === 0 ? '' : `\u001B[${rows}A\r`;
}
