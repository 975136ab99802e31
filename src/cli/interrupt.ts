import { setMaxListeners } from 'node:events';
import { ExitCode } from '../model/exit-code.ts';
import { HANG_UP } from '../run/deps.ts';
import { CancelledError } from '../run/explain.ts';
import type { Io } from './io.ts';
import { canAsk, choose } from './prompt.ts';

export interface InterruptOptions {
  /** how what runs can be taken up or ended */
  readonly advice: () => string;
  /** false: there is nothing to stop and nothing to ask about */
  readonly isBusy: () => boolean;
  /** takes the live view off the screen while something is asked or said */
  readonly suspend: () => void;
  readonly resume: () => void;
}

type Phase = 'watching' | 'asking' | 'stopping' | 'detached' | 'over';

const QUESTION = 'Ctrl-C: [s]top the scripts everywhere, [d]etach and leave them running, or [g]o on? ';

/**
 * What signals mean for a run:
 *
 *   watching --SIGINT, terminal--> asking --s--> stopping   --d--> detached   --g--> watching
 *   watching --SIGINT, no terminal--> stopping
 *   asking --SIGINT--> stopping --SIGINT--> left at once
 *   watching --SIGTERM--> stopping --SIGTERM--> left at once
 *   watching --SIGHUP--> detached
 *   watching, but nothing runs --SIGINT, SIGTERM--> stopping, without a word
 *   any --end of the run--> over
 */
export class Interrupt {
  readonly #io: Io;
  readonly #options: InterruptOptions;
  readonly #cancel = new AbortController();
  readonly #detach = new AbortController();
  readonly #stopListening: () => void;
  #phase: Phase = 'watching';
  /** aborted to take a question back */
  #question = new AbortController();
  #exitCode: number | null = null;

  constructor(io: Io, options: InterruptOptions) {
    this.#io = io;
    this.#options = options;
    // every attempt listens: many are no leak
    setMaxListeners(0, this.#cancel.signal, this.#detach.signal);
    this.#stopListening = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => this.#hear(signal));
  }

  /** aborted with a `CancelledError`: stop the scripts everywhere */
  get cancel(): AbortSignal {
    return this.#cancel.signal;
  }

  /** aborted: leave the scripts running */
  get detach(): AbortSignal {
    return this.#detach.signal;
  }

  /** what a signal asks for, or null where none came or the run goes on */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** nothing is listened to any more */
  get isOver(): boolean {
    return this.#phase === 'over';
  }

  /** Asks what Ctrl-C asks; nothing where that is decided already. */
  ask(): void {
    if (this.#phase === 'watching') this.#hear('SIGINT');
  }

  /** stops listening, and asking */
  clear(): void {
    this.#phase = 'over';
    this.#question.abort();
    this.#stopListening();
  }

  #hear(signal: NodeJS.Signals): void {
    if (this.#phase === 'stopping') this.#leaveNow();
    else if (signal === 'SIGHUP') this.#leaveRunning(HANG_UP);
    else if (signal === 'SIGTERM') this.#stop('SIGTERM');
    else if (this.#phase === 'watching' && this.#options.isBusy() && canAsk(this.#io)) void this.#ask();
    else if (this.#phase !== 'detached') this.#stop('Ctrl-C');
  }

  async #ask(): Promise<void> {
    this.#phase = 'asking';
    this.#question = new AbortController();
    this.#options.suspend();
    const answer = await choose(this.#io, QUESTION, ['s', 'd', 'g'], this.#question.signal);
    this.#options.resume();
    if (!this.#isAsking()) return;
    if (answer === 'd') this.#leaveRunning();
    else if (answer === 'g') this.#phase = 'watching';
    else this.#stop('Ctrl-C');
  }

  /** Another signal may have decided meanwhile, or the run may be over. */
  #isAsking(): boolean {
    return this.#phase === 'asking';
  }

  #stop(by: 'Ctrl-C' | 'SIGTERM'): void {
    this.#phase = 'stopping';
    this.#question.abort();
    this.#exitCode = by === 'Ctrl-C' ? ExitCode.interrupted : ExitCode.terminated;
    if (this.#options.isBusy()) this.#sayThatItStops(by);
    this.#cancel.abort(new CancelledError(by));
  }

  #sayThatItStops(by: string): void {
    this.#options.suspend();
    this.#io.stderr.write(`spot: ${by}: stopping the scripts on the instances; once more to leave at once\n`);
    this.#options.resume();
  }

  #leaveRunning(why?: typeof HANG_UP): void {
    this.#phase = 'detached';
    this.#detach.abort(why);
  }

  #leaveNow(): void {
    // gives the cursor back, too
    this.#options.suspend();
    this.#io.stderr.write(
      `spot: left at once; scripts that were started run on until their deadline\n${this.#options.advice()}`,
    );
    this.#io.exitNow(this.#exitCode ?? ExitCode.interrupted);
  }
}

/** How a run that was left can be taken up or ended. */
export function adviceFor(runId: string): string {
  return `  take it up with: spot attach ${runId}\n  end it with:     spot stop ${runId}\n`;
}
