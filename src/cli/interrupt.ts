import { setMaxListeners } from 'node:events';
import { ExitCode } from '../model/exit-code.ts';
import { CancelledError } from '../run/explain.ts';
import type { Io } from './io.ts';
import { canAsk, choose } from './prompt.ts';

export interface InterruptOptions {
  readonly runId: string;
  /** takes the live view off the screen while something is asked or said */
  readonly suspend: () => void;
  readonly resume: () => void;
}

export interface Interrupt {
  /** aborted with a `CancelledError`: stop the scripts everywhere */
  readonly cancel: AbortSignal;
  /** aborted: leave the scripts running */
  readonly detach: AbortSignal;
  /** the exit code a signal asks for, or null where none came or the run goes on */
  exitCode(): number | null;
  /** stops listening */
  clear(): void;
}

const QUESTION = 'Ctrl-C: [s]top the scripts everywhere, [d]etach and leave them running, or [g]o on? ';

/**
 * What signals mean for a run:
 *
 *   watching --SIGINT, terminal--> asking --s--> stopping   --d--> detached   --g--> watching
 *   watching --SIGINT, no terminal--> stopping
 *   asking --SIGINT--> stopping --SIGINT--> left at once
 *   watching --SIGTERM--> stopping --SIGTERM--> left at once
 *   watching --SIGHUP--> detached
 */
export function listenForInterrupts(io: Io, options: InterruptOptions): Interrupt {
  const cancel = new AbortController();
  const detach = new AbortController();
  // every instance of the run listens: more than ten are no leak
  setMaxListeners(0, cancel.signal, detach.signal);
  let phase: 'watching' | 'asking' | 'stopping' | 'detached' = 'watching';
  let code: number | null = null;

  const stop = (by: 'Ctrl-C' | 'SIGTERM'): void => {
    phase = 'stopping';
    code = by === 'Ctrl-C' ? ExitCode.interrupted : ExitCode.terminated;
    options.suspend();
    io.stderr.write(`spot: ${by}: stopping the scripts on the instances; once more to leave at once\n`);
    options.resume();
    cancel.abort(new CancelledError(by));
  };
  const leaveRunning = (): void => {
    phase = 'detached';
    detach.abort();
  };
  const ask = async (): Promise<void> => {
    phase = 'asking';
    options.suspend();
    const answer = await choose(io, QUESTION, ['s', 'd', 'g']);
    options.resume();
    // a second Ctrl-C may have decided meanwhile
    if (phase !== ('asking' as typeof phase)) return;
    if (answer === 'd') leaveRunning();
    else if (answer === 'g') phase = 'watching';
    else stop('Ctrl-C');
  };
  const leaveNow = (): void => {
    // gives the cursor back, too
    options.suspend();
    io.stderr.write(
      `spot: left at once; scripts that were started run on until their deadline\n${adviceFor(options.runId)}`,
    );
    io.exitNow(code ?? ExitCode.interrupted);
  };
  const heard = (signal: NodeJS.Signals): void => {
    if (phase === 'stopping') leaveNow();
    else if (signal === 'SIGHUP') leaveRunning();
    else if (signal === 'SIGTERM') stop('SIGTERM');
    else if (phase === 'watching' && canAsk(io)) void ask();
    else if (phase !== 'detached') stop('Ctrl-C');
  };
  const clear = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], heard);
  return { cancel: cancel.signal, detach: detach.signal, exitCode: () => code, clear };
}

/** How a run that was left can be taken up or ended. */
export function adviceFor(runId: string): string {
  return `  take it up with: spot attach ${runId}\n  end it with:     spot stop ${runId}\n`;
}
