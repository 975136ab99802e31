import { messageOf } from '../../model/errors.ts';
import type { Clock } from '../../util/clock.ts';
import type { Painter } from '../painter.ts';
import { Screen } from '../screen.ts';
import type { Writer } from '../writer.ts';
import { liveFrame } from './frame.ts';
import type { LiveModel } from './model.ts';
import { type KeyPress, OVERVIEW, press, type ViewState } from './view-state.ts';

export interface LiveOptions {
  /** a terminal */
  readonly writer: Writer;
  readonly painter: Painter;
  readonly clock: Clock;
}

const REDRAW_MS = 100;
/** Between two drawings, whatever asks for them: at most 15 a second. */
const LEAST_GAP_MS = 70;
/** Rows of a panel that are no items of its list: the state, the title, the keys. */
const ROWS_AROUND_LIST = 3;

/**
 * Draws the model ten times a second between `start` and `stop`, and at once after a key or a resize:
 *
 *   off --start--> on --stop--> off         on, not suspended: drawn
 *   any --suspend--> suspended --resume--> as it was
 */
export class LiveView {
  readonly #model: LiveModel;
  readonly #options: LiveOptions;
  readonly #screen: Screen;
  #state: ViewState = OVERVIEW;
  #hasKeys = false;
  #messages: string[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** a drawing that would have come too soon after the last one */
  #soon: NodeJS.Timeout | null = null;
  #drawnAt = 0;
  #isOn = false;
  #isSuspended = false;

  constructor(model: LiveModel, options: LiveOptions) {
    this.#model = model;
    this.#options = options;
    this.#screen = new Screen(options.writer);
  }

  start(): void {
    this.#isOn = true;
    this.#show();
  }

  /** Safe to call twice; the second time prints the messages that came after the first. */
  stop(): void {
    this.#isOn = false;
    this.#hide();
    const text = this.#takeMessages().map((message) => `${message}\n`);
    if (text.length > 0) this.#options.writer.write(text.join(''));
  }

  suspend(): void {
    this.#isSuspended = true;
    this.#hide();
  }

  resume(): void {
    this.#isSuspended = false;
    this.#show();
  }

  /** Somebody else has written below the view: it is drawn anew where the cursor is now. */
  forget(): void {
    this.#screen.forget();
  }

  /** From now on keys are named. */
  listen(): void {
    this.#hasKeys = true;
  }

  press(key: KeyPress): 'leave' | null {
    if (!this.#isOn || this.#isSuspended) return null;
    const page = Math.max(1, this.#screen.rows - ROWS_AROUND_LIST);
    const { state, wish } = press(this.#state, key, this.#model, page);
    this.#state = state;
    this.drawSoon();
    return wish;
  }

  /** Draws now, or as soon as the last drawing is long enough ago. */
  drawSoon(): void {
    if (this.#timer === null || this.#soon !== null) return;
    const waitMs = LEAST_GAP_MS - (this.#options.clock.now() - this.#drawnAt);
    if (waitMs <= 0) return this.#draw();
    this.#soon = setTimeout(() => {
      this.#soon = null;
      this.#draw();
    }, waitMs);
    this.#soon.unref();
  }

  /** Prints a message above the view with the next drawing, or when the view is over. */
  say(message: string): void {
    this.#messages.push(this.#options.painter.warn(message));
  }

  #show(): void {
    if (!this.#isOn || this.#isSuspended || this.#timer !== null) return;
    this.#timer = setInterval(() => this.drawSoon(), REDRAW_MS);
    this.#timer.unref();
    this.#draw();
  }

  #hide(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#timer = null;
    this.#soon = null;
    this.#screen.erase();
  }

  /** A view that breaks must not end the run that it shows. */
  #draw(): void {
    try {
      this.#drawFrame();
    } catch (error) {
      this.#isOn = false;
      this.#hide();
      this.#options.writer.write(`spot: the live view stopped (${messageOf(error)}); the run is not affected.\n`);
    }
  }

  #drawFrame(): void {
    const { columns, rows } = this.#screen;
    const { clock, painter } = this.#options;
    const now = clock.now();
    this.#drawnAt = now;
    const frame = liveFrame(this.#model, this.#state, { columns, rows, now, painter, hasKeys: this.#hasKeys });
    this.#screen.draw(frame, this.#takeMessages());
  }

  #takeMessages(): readonly string[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }
}
