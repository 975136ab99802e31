import { noInstanceError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { takeUpRun } from '../../run/take-up.ts';
import { refuseContradictions } from '../contradictions.ts';
import { readConfig, withState } from '../context.ts';
import { drive, type ShowOptions } from '../drive.ts';
import type { Io } from '../io.ts';
import { findRun, planOfRun } from '../recorded-run.ts';

export type StopOptions = ShowOptions;

/** `spot stop`: ends the scripts of a run, everywhere or on some instances, and says whether it worked. */
export async function stop(word: string, names: readonly string[], options: StopOptions, io: Io): Promise<number> {
  refuseContradictions(options);
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const attempts = state.runs.attempts(run.id);
    for (const name of names) {
      if (attempts.some((attempt) => attempt.instanceId === name || attempt.name === name)) continue;
      throw noInstanceError(
        'not-in-run',
        `${name} is not in run ${run.id}; its instances: ${attempts.map(({ instanceId }) => instanceId).join(', ')}`,
      );
    }
    const isMeant = (attempt: { instanceId: string; name: string | null }): boolean =>
      names.length === 0 ||
      names.includes(attempt.instanceId) ||
      (attempt.name !== null && names.includes(attempt.name));
    const open = attempts.filter((attempt) => attempt.outcome === null && isMeant(attempt));
    if (open.length === 0) {
      io.stderr.write(`nothing to stop: the scripts of run ${run.id} have ended there\n`);
      return ExitCode.ok;
    }
    const plan = planOfRun(run, state);
    const hosts = plan.targets.map(({ host }) => host);
    const request = { runId: run.id, hosts, environment: new Map<string, never>(), detached: false };
    await drive({ ...request, options, config, state, io }, (deps) => takeUpRun(plan, open, deps, 'spot-stop'));
    // being ended is what was wanted here
    const left = state.runs.attempts(run.id).filter((attempt) => isMeant(attempt) && attempt.outcome === null);
    return left.length === 0 ? ExitCode.ok : ExitCode.unreachable;
  });
}
