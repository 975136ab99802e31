import { ExitCode } from '../model/exit-code.ts';
import type { Io } from './io.ts';

/** What signals mean to what runs until it is stopped: the first one ends it, the second one leaves at once. */
export class Stop {
  readonly asked: Promise<void>;
  /** stops listening */
  readonly clear: () => void;

  /** @param signals that ask for the end */
  constructor(io: Io, signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    let isAsked = false;
    let resolve = (): void => undefined;
    this.asked = new Promise((done) => {
      resolve = done;
    });
    this.clear = io.onSignal(signals, (name) => {
      if (isAsked) io.exitNow(name === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated);
      isAsked = true;
      resolve();
    });
  }
}
