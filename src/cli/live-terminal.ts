import type { Reports } from '../report/choose.ts';
import type { Interrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type ControlKey, Keyboard } from './keyboard.ts';

/** How often a process in the background looks whether it is in front again, ms. */
const LOOK_MS = 250;
/** A process that nobody could continue is not stopped by Ctrl-Z: after so long it is clear that it runs on, ms. */
const NOT_STOPPED_MS = 300;
const SIGCONT_MS = 50;

const DEADLY = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const HEARD = ['SIGTSTP', 'SIGCONT', 'SIGWINCH', ...DEADLY] as const;

const SIGNAL_OF: Record<ControlKey, NodeJS.Signals> = { interrupt: 'SIGINT', suspend: 'SIGTSTP', quit: 'SIGQUIT' };

/**
 * The live view and the keyboard of a run, and who has the terminal:
 *
 *   shown    --suspend (something is asked)--> aside      --resume, as often--> shown or behind
 *   shown    --Ctrl-Z, SIGTSTP--> stopped                 --SIGCONT--> shown (`fg`) or behind (`bg`)
 *   shown    --SIGCONT, after a SIGSTOP--> shown, drawn anew, or behind
 *   behind   --in the foreground again--> shown
 *   any      --close, or the end of the process, however it comes--> closed, and the terminal is as it was
 *
 * Behind, nothing is drawn or read: the terminal is the shell's, and who touches its modes from there is stopped.
 * Where the reports have no live view, none of this happens.
 */
export class LiveTerminal {
  readonly #io: Io;
  readonly #screen: Reports['screen'];
  readonly #keyboard: Keyboard | null;
  #stopListening: () => void = () => undefined;
  #interrupt: Interrupt | null = null;
  /** how many have put the view aside and not taken it up again */
  #aside = 0;
  #state: 'shown' | 'stopped' | 'behind' | 'closed' = 'shown';
  #timer: NodeJS.Timeout | null = null;

  constructor(io: Io, { screen }: Pick<Reports, 'screen'>) {
    this.#io = io;
    this.#screen = screen;
    const hasKeys = screen !== null && io.stdin.isTTY === true;
    this.#keyboard = hasKeys ? new Keyboard(io.stdin, this.#keyListener()) : null;
    if (screen === null) return;
    if (hasKeys) screen.listen();
    this.#listen();
    this.#enter();
  }

  /** Who is asked when somebody wants to leave, and says when the run is over. */
  attend(interrupt: Interrupt): void {
    this.#interrupt = interrupt;
  }

  /** Leaves the terminal to somebody else, who asks or says something. */
  suspend(): void {
    this.#aside += 1;
    this.#leave();
  }

  resume(): void {
    this.#aside -= 1;
    if (this.#state !== 'stopped') this.#enter();
  }

  /** Swallows what was typed for a view that is gone, then gives the terminal back. */
  async close(): Promise<void> {
    if (this.#keyboard !== null) await new Promise(setImmediate);
    this.#leave();
    this.#state = 'closed';
    this.#clearTimer();
    this.#stopListening();
  }

  #keyListener(): ConstructorParameters<typeof Keyboard>[1] {
    return {
      pressed: (key) => {
        if (this.#screen?.press(key) === 'leave') this.#interrupt?.ask();
      },
      // a terminal sends them to all that belongs to the job; the links of others need not hear of Ctrl-C
      control: (key) => this.#io.raise(SIGNAL_OF[key], key === 'interrupt' ? 'self' : 'job'),
    };
  }

  #listen(): void {
    const stopHearing = this.#io.onSignal(HEARD, (signal) => this.#hear(signal));
    const forgetExit = this.#io.onExit(() => this.#leave());
    this.#stopListening = () => {
      stopHearing();
      forgetExit();
    };
  }

  #hear(signal: NodeJS.Signals): void {
    if (signal === 'SIGTSTP') this.#stop();
    else if (signal === 'SIGCONT') this.#continue();
    else if (signal === 'SIGWINCH') this.#screen?.redraw();
    else if (signal === 'SIGQUIT' || this.#interrupt?.isOver === true) this.#dieOf(signal);
  }

  /** As it would without a live view, but for the state of the terminal. */
  #dieOf(signal: NodeJS.Signals): void {
    this.#leave();
    this.#stopListening();
    this.#io.raise(signal, 'self');
  }

  #stop(): void {
    this.#leave();
    this.#state = 'stopped';
    this.#stopListening();
    this.#io.raise('SIGTSTP', 'self');
    // here it goes on when it is continued; timers that are overdue then come before SIGCONT is heard
    this.#listen();
    this.#wait(NOT_STOPPED_MS, () => this.#wait(SIGCONT_MS, () => this.#continue()));
  }

  #continue(): void {
    if (this.#state === 'shown' && this.#aside === 0) {
      // nobody could tell it of a SIGSTOP: the shell has written since, and has set the terminal as it likes it
      this.#screen?.forget();
      if (this.#io.isInForeground()) this.#keyboard?.giveBack();
      else this.#keyboard?.lose();
      this.#screen?.suspend();
    }
    this.#state = 'shown';
    this.#enter();
  }

  #enter(): void {
    if (this.#aside > 0 || this.#state === 'closed') return;
    this.#clearTimer();
    if (this.#io.isInForeground()) {
      this.#state = 'shown';
      this.#keyboard?.take();
      this.#screen?.resume();
    } else {
      this.#state = 'behind';
      this.#screen?.suspend();
      this.#wait(LOOK_MS, () => this.#enter());
    }
  }

  #leave(): void {
    this.#clearTimer();
    this.#screen?.suspend();
    this.#keyboard?.giveBack();
  }

  #wait(ms: number, then: () => void): void {
    this.#clearTimer();
    this.#timer = setTimeout(then, ms);
    this.#timer.unref();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
