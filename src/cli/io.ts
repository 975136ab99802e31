import type { Clock } from '../util/clock.ts';
import type { Writer } from '../report/writer.ts';
import type { OpenFiles } from './open-files.ts';

/** The surroundings of the program, passed in once at the edge: nothing below `src/cli/main.ts` looks at `process`. */
export interface Io {
  readonly stdout: Writer;
  readonly stderr: Writer;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** absolute */
  readonly cwd: string;
  /** home directory, absolute */
  readonly home: string;
  /** login name of whoever runs this */
  readonly user: string;
  readonly pid: number;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** null where nobody knows */
  openFiles(): OpenFiles | null;
  /** calls back for every signal until the function it returns is called */
  onSignal(signals: readonly NodeJS.Signals[], heard: (signal: NodeJS.Signals) => void): () => void;
  /** sends a signal to this process, or to all of its job, as the terminal does with Ctrl-Z */
  raise(signal: NodeJS.Signals, to: 'self' | 'job'): void;
  /** whether the terminal is ours now: only then may it be read, and its modes be set; true where nobody knows */
  isInForeground(): boolean;
  /**
   * calls back before the process ends by itself or by an error, until the function it returns is called; it must not wait
   * for anything
   */
  onExit(ends: () => void): () => void;
  /** ends the process at once, without waiting for anything */
  exitNow(code: number): never;
}
