import type { Io } from '../io.ts';

/** Between two lines on a terminal, ms. */
const PAUSE_MS = 100;
const CLEAR = '\r\x1b[2K';

export interface LookProgress {
  readonly step: (done: number) => void;
  /** takes the line off the screen */
  readonly end: () => void;
}

/** `Looked at 37 of 500 instances` on a terminal, one line that is written over; elsewhere nothing. */
export function lookProgress(total: number, { stderr, env, clock }: Io): LookProgress {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return { step: () => undefined, end: () => undefined };
  let shownAt = 0;
  return {
    step: (done) => {
      if (clock.now() - shownAt < PAUSE_MS) return;
      shownAt = clock.now();
      stderr.write(`${CLEAR}Looked at ${done} of ${total} instances`);
    },
    end: () => {
      if (shownAt > 0) stderr.write(CLEAR);
    },
  };
}
