import type { Config } from '../config/config.ts';
import { ExitCode } from '../model/exit-code.ts';
import { isTrouble } from '../report/words.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import type { State } from '../state/state.ts';
import { plural } from '../util/format.ts';
import type { ShowOptions } from './drive.ts';
import type { Io } from './io.ts';
import { showOutputs } from './failed-outputs.ts';
import { canAsk } from './prompt.ts';

/** Flags that decide whether anybody is asked. */
interface AskingOptions extends ShowOptions {
  readonly yes?: boolean;
  readonly detach?: boolean;
}

/** A run that is over, and how to go on from there. */
export interface Aftermath {
  readonly runId: string;
  readonly options: AskingOptions;
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
  /** runs it again where it did not succeed; gives the exit code */
  readonly rerun: () => Promise<number>;
}

/**
 * After a run with failures, in a terminal: shows outputs, or runs it again, until the person has had enough.
 * @param exitCode of the run
 * @returns the exit code of the last run
 */
export async function afterFailures(exitCode: number, aftermath: Aftermath): Promise<number> {
  const { runId, config, state, io, rerun } = aftermath;
  if (!isFailure(exitCode) || !isAsked(aftermath)) return exitCode;
  const attempts = state.runs.attempts(runId);
  const troubled = attempts.filter(({ outcome }) => outcome !== null && isTrouble(outcome));
  if (troubled.length === 0 || attempts.some(({ outcome }) => outcome === null)) return exitCode;
  const { askOneKey } = await import('./prompts/prompts.ts');
  const question = questionFor(troubled, attempts.length);
  for (;;) {
    const answer = await askOneKey(io, { question, letters: ['o', 'r', 'q'], enter: 'q' });
    if (answer.kind !== 'given' || answer.value === 'q') return exitCode;
    if (answer.value === 'r') return rerun();
    await showOutputs(troubled, config, io);
  }
}

/** Bits of failures, and nothing of a signal or of what ends a command. */
function isFailure(exitCode: number): boolean {
  const bits = ExitCode.failed | ExitCode.unreachable | ExitCode.reclaimed;
  return exitCode !== 0 && (exitCode & ~bits) === 0;
}

function isAsked({ options, io }: Aftermath): boolean {
  const { json, jsonLines, quiet, yes, detach } = options;
  return !json && !jsonLines && !quiet && !yes && !detach && canAsk(io) && io.stdout.isTTY === true;
}

function questionFor(troubled: readonly AttemptRecord[], all: number): string {
  const choices = '[o]utput, [r]un it again there, [q]uit? ';
  return `${troubled.length} of ${plural(all, 'instance')} did not succeed: ${choices}`;
}
