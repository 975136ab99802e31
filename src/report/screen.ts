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

/**
 * A few lines at the bottom of a terminal that are drawn over again and again, each time in one write. Only lines that
 * have changed are written.
 */
export class Screen {
  readonly #writer: Writer;
  #drawn: readonly string[] = [];
  #drawnColumns = 0;
  #drawnRows = 0;
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
    const isResized = this.columns !== this.#drawnColumns || this.rows !== this.#drawnRows;
    const keeps = messages.length === 0 && !isResized && this.#drawn.length > 0;
    if (keeps && lines.join('\n') === this.#drawn.join('\n')) return;
    const hide = this.#isCursorHidden ? '' : HIDE_CURSOR;
    const printed = messages.map((message) => this.#wholeLine(message)).join('');
    const frame = keeps ? this.#changes(lines) : lines.map((line) => this.#wholeLine(line)).join('');
    const below = lines.length < this.#drawn.length || !keeps ? ERASE_BELOW : '';
    this.#writer.write(`${hide}${moveUp(this.#drawnHeight())}${printed}${WRAP_OFF}${frame}${below}${WRAP_ON}`);
    this.#drawn = lines;
    this.#drawnColumns = this.columns;
    this.#drawnRows = this.rows;
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

  /** Leaves the lines where they are, wherever that is by now, and draws the next ones below the cursor. */
  forget(): void {
    this.#drawn = [];
    this.#isCursorHidden = false;
  }

  /** From the first line of what was drawn to the line below the new ones. */
  #changes(lines: readonly string[]): string {
    let text = '';
    let skipped = 0;
    lines.forEach((line, row) => {
      if (line === this.#drawn[row]) {
        skipped += 1;
        return;
      }
      text += `${moveDown(skipped)}${this.#wholeLine(line)}`;
      skipped = 0;
    });
    return text + moveDown(skipped);
  }

  /**
   * A line and what erases the rest of its row. Where it fills the row, the cursor still stands on its last character,
   * which would be erased.
   */
  #wholeLine(line: string): string {
    const width = displayWidth(withoutEscapes(line));
    return width > 0 && width % this.columns === 0 ? `${line}\n` : `${line}${ERASE_LINE_END}\n`;
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

/** Onto lines that are there already. */
function moveDown(rows: number): string {
  return '\n'.repeat(rows);
}
