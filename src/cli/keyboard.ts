import { PassThrough } from 'node:stream';
import { emitKeypressEvents, type Interface, type Key } from 'node:readline';
import type { KeyPress } from '../report/live/view-state.ts';

/** What the terminal would make a signal of if it were not in raw mode. */
export type ControlKey = 'interrupt' | 'suspend' | 'quit';

export interface KeyListener {
  pressed(key: KeyPress): void;
  control(key: ControlKey): void;
}

/** How long Esc may be the beginning of another key, ms: far links send the bytes of one key apart. */
const ESCAPE_MS = 50;

/** By the byte that a terminal sends: Ctrl-C, Ctrl-Z, Ctrl-\\. */
const CONTROL_KEYS: Readonly<Record<string, ControlKey>> = {
  '\u0003': 'interrupt',
  '\u001A': 'suspend',
  '\u001C': 'quit',
};

const NAMED_KEYS: Readonly<Record<string, KeyPress['name']>> = {
  return: 'enter',
  enter: 'enter',
  escape: 'escape',
  backspace: 'backspace',
  up: 'up',
  down: 'down',
  pageup: 'page-up',
  pagedown: 'page-down',
  home: 'home',
  end: 'end',
};

/**
 * Single keys of a terminal, as long as it is taken:
 *
 *   given back --take--> taken, in raw mode --giveBack--> given back, as it was
 *                                           --lose--> given back, as somebody else has set it
 *
 * It does not keep the process alive, and what is typed while it is given back belongs to whoever reads then.
 */
export class Keyboard {
  readonly #stdin: NodeJS.ReadStream;
  readonly #decoder = new PassThrough();
  readonly #read = (bytes: Buffer): void => void this.#decoder.emit('data', bytes);
  #isTaken = false;

  constructor(stdin: NodeJS.ReadStream, listener: KeyListener) {
    this.#stdin = stdin;
    // a terminal that is gone says so when its modes are set; whoever listens to SIGHUP has heard it before
    stdin.on('error', () => undefined);
    // a stream of its own: stdin stays as it is for those who ask
    emitKeypressEvents(this.#decoder, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
    this.#decoder.on('keypress', (text: string | undefined, key: Key) => {
      // a paste comes in one piece, and its first key may have led to a question
      if (this.#isTaken) hand({ text: text ?? '', key }, listener);
    });
  }

  take(): void {
    if (this.#isTaken) return;
    this.#isTaken = true;
    // it may have been lost in raw mode, and would be believed to be in it still
    if (this.#stdin.isRaw) this.#stdin.setRawMode(false);
    this.#stdin.setRawMode(true);
    this.#stdin.on('data', this.#read);
    this.#stdin.resume();
    this.#stdin.unref();
  }

  giveBack(): void {
    if (!this.#isTaken) return;
    this.lose();
    this.#stdin.setRawMode(false);
  }

  /** Somebody else has the terminal already, and has set it as he likes it. */
  lose(): void {
    this.#isTaken = false;
    this.#stdin.off('data', this.#read);
    this.#stdin.pause();
    this.#stdin.ref();
  }
}

function hand({ text, key }: { readonly text: string; readonly key: Key }, listener: KeyListener): void {
  const control = CONTROL_KEYS[key.sequence ?? ''];
  if (control !== undefined) return listener.control(control);
  const name = NAMED_KEYS[key.name ?? ''];
  if (name !== undefined) listener.pressed({ name, text: '' });
  else if (key.ctrl !== true && key.meta !== true && isPrintable(text)) listener.pressed({ name: 'character', text });
}

function isPrintable(text: string): boolean {
  return text !== '' && !/\p{Cc}/u.test(text);
}
