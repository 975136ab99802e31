import type { RunResult } from '../model/attempt.ts';
import type { RunEvent, Subscriber } from '../model/event.ts';
import type { NextWords } from '../report/summary/next-steps.ts';
import type { State } from '../state/state.ts';
import type { GlobalOptions } from './context.ts';
import type { Io } from './io.ts';
import { JunitFile } from './junit-file.ts';
import { notify } from './notify.ts';

/** Flags that say what is done with a run when it is over. */
export interface AfterRunOptions {
  readonly junit?: string;
  readonly notify?: boolean;
}

/** What is done with a run beside its reports. */
export interface AfterRun {
  readonly emit: Subscriber;
  /** after the summary; never throws */
  close(): Promise<void>;
}

/**
 * @param copies what `--output-dir` does with an event
 * @throws SpotError (exit 64, 66) where the file of `--junit` cannot be written
 */
export function openAfterRun(
  { junit, notify: isWanted }: AfterRunOptions,
  copies: Subscriber | null,
  io: Io,
): AfterRun {
  const file = junit === undefined ? null : new JunitFile(junit, io);
  let label = '';
  let result: RunResult | null = null;
  return {
    emit(event: RunEvent) {
      copies?.(event);
      file?.take(event);
      if (event.type === 'run-started') label = event.plan.payload.manifest.metadata.name;
      if (event.type === 'run-finished') result = event.result;
    },
    async close() {
      await file?.close();
      if (!isWanted || result === null) return;
      await notify(label, result, io);
    },
  };
}

/** How commands about a run are typed in the end; null where it is not on record. */
export function nextWords(runId: string, options: GlobalOptions, { runs }: State): NextWords | null {
  if (runs.find(runId) === null) return null;
  const { config, stateDir } = options;
  return {
    run: runs.list(1)[0]?.id === runId ? 'last' : runId,
    flags: [
      ...(config === undefined ? [] : ['--config', config]),
      ...(stateDir === undefined ? [] : ['--state-dir', stateDir]),
    ],
  };
}
