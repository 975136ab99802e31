import { ExitCode } from '../../model/exit-code.ts';
import { planOfRun } from '../../run/recorded-plan.ts';
import { takeUpRun } from '../../run/take-up.ts';
import { refuseContradictions } from '../contradictions.ts';
import { readConfig, withState } from '../context.ts';
import { drive, type ShowOptions } from '../drive.ts';
import type { Io } from '../io.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { stragglersOf } from '../stragglers.ts';
import { closedRun, findRun, takeUpRequest } from '../recorded-run.ts';

export type AttachOptions = ShowOptions;

/** `spot attach`: takes up a run that was left, with whatever it has said meanwhile. */
export async function attach(word: string | null, options: AttachOptions, io: Io): Promise<number> {
  refuseContradictions(options);
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const recorded = state.runs.attempts(run.id);
    const open = recorded.filter(({ outcome }) => outcome === null);
    if (open.length === 0) {
      const exitCode = closedRun(run, state, io.clock).exitCode ?? ExitCode.ok;
      if (!options.quiet || exitCode !== ExitCode.ok)
        io.stderr.write(`run ${run.id} has ended; see its outputs with: spot logs ${run.id}\n`);
      return exitCode;
    }
    const left = planOfRun(run, state);
    const plan = fitToOpenFiles({ ...left, ...stragglersOf(config, left) }, open.length, io);
    const hosts = plan.targets.map(({ host }) => host);
    const request = { runId: run.id, hosts, environment: new Map<string, never>(), detached: false };
    return drive({ ...request, options, config, state, io }, (deps) =>
      takeUpRun(plan, { ...takeUpRequest(run, open, null, state), recorded }, deps),
    );
  });
}
