import { ExitCode } from '../model/exit-code.ts';
import { CancelledError } from '../run/explain.ts';
import type { Io } from './io.ts';

export interface Interrupt {
  /** aborted with a `CancelledError` */
  readonly signal: AbortSignal;
  /** the exit code a signal asks for, or null where none came */
  exitCode(): number | null;
  /** stops listening */
  clear(): void;
}

/**
 * SIGINT and SIGTERM cancel the run, which then stops the scripts on the instances and says so; a second one leaves at
 * once and says what may go on.
 */
export function listenForInterrupts(io: Io): Interrupt {
  const controller = new AbortController();
  let code: number | null = null;
  const stop = io.onSignal(['SIGINT', 'SIGTERM'], (signal) => {
    if (code !== null) {
      io.stderr.write('spot: left at once; scripts that had been started run on until their deadline\n');
      io.exitNow(code);
    }
    code = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    const by = signal === 'SIGINT' ? 'Ctrl-C' : 'SIGTERM';
    io.stderr.write(`spot: ${by}: stopping the scripts on the instances; once more to leave at once\n`);
    controller.abort(new CancelledError(by));
  });
  return { signal: controller.signal, exitCode: () => code, clear: stop };
}
