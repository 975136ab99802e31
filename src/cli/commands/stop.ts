import { ExitCode } from '../../model/exit-code.ts';
import { labelOf } from '../../model/instance.ts';
import { isConfirmed } from '../../model/evidence.ts';
import { planOfRun } from '../../run/recorded-plan.ts';
import { takeUpRun } from '../../run/take-up.ts';
import { settleDeployments } from '../../service/executor/settle.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { State } from '../../state/state.ts';
import { refuseContradictions } from '../contradictions.ts';
import { readConfig, withState } from '../context.ts';
import { drive, type ShowOptions } from '../drive.ts';
import type { Io } from '../io.ts';
import { fitToOpenFiles } from '../open-files.ts';
import { pickedAttempts, type PickOptions, refusePickUnasked } from '../pick.ts';
import { attemptsMeant, closedRun, findRun, takeUpRequest } from '../recorded-run.ts';

export type StopOptions = ShowOptions & PickOptions;

/** `spot stop`: ends the scripts of a run, everywhere or on some instances, and says whether it worked. */
export async function stop(word: string, words: readonly string[], options: StopOptions, io: Io): Promise<number> {
  refuseContradictions(options);
  refusePickUnasked(options, io, 'name them behind the run');
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const names = options.pick ? await pickedNames(run.id, words, state, io) : words;
    const meant = attemptsMeant(run.id, names, state);
    const open = meant.filter(({ outcome }) => outcome === null);
    if (open.length === 0) {
      closedRun(run, state, io.clock);
      return nothingToStop(run.id, meant, options, io);
    }
    wantDeploymentsStopped(run.id, open, state);
    const plan = fitToOpenFiles(planOfRun(run, state), open.length, io);
    const hosts = plan.targets.map(({ host }) => host);
    const request = { runId: run.id, hosts, environment: new Map<string, never>(), detached: false };
    const exitCode = await drive({ ...request, options, config, state, io }, (deps) =>
      takeUpRun(plan, takeUpRequest(run, open, STOPPED_BY, state), deps),
    );
    settleDeployments(run.id, state);
    if (attemptsMeant(run.id, names, state).every(hasEnded)) return ExitCode.ok;
    return SIGNALLED.includes(exitCode) ? exitCode : ExitCode.unreachable;
  });
}

/** Of those that are named, what a person picks of those that have not ended; where all have, there is nothing to pick. */
async function pickedNames(runId: string, words: readonly string[], state: State, io: Io): Promise<readonly string[]> {
  const open = attemptsMeant(runId, words, state).filter(({ outcome }) => outcome === null);
  return open.length === 0 ? words : (await pickedAttempts(open, io)).map(({ instanceId }) => instanceId);
}

/** No worker of a service begins them, or gives them another try. */
function wantDeploymentsStopped(runId: string, open: readonly AttemptRecord[], { deployments }: State): void {
  const ids = deployments.openOfRun(runId);
  for (const { instanceId } of open) {
    const id = ids.get(instanceId);
    if (id !== undefined) deployments.wantCancelled(id, STOPPED_BY);
  }
}

/** One word: in whose name scripts are ended. */
const STOPPED_BY = 'spot-stop';

const SIGNALLED: readonly number[] = [ExitCode.interrupted, ExitCode.terminated];

/** However it ended: that is what was wanted here. Of one that is lost, or outlived the kill, nobody knows. */
function hasEnded({ outcome, evidence }: AttemptRecord): boolean {
  return outcome !== null && outcome !== 'lost' && isConfirmed(evidence);
}

function nothingToStop(runId: string, meant: readonly AttemptRecord[], { quiet }: StopOptions, io: Io): number {
  const lost = meant.filter((attempt) => !hasEnded(attempt)).map(labelOf);
  if (lost.length === 0) {
    if (!quiet) io.stderr.write(`nothing to stop: the scripts of run ${runId} have ended there\n`);
    return ExitCode.ok;
  }
  const [names, words] = [lost.join(', '), lost.join(' ')];
  io.stderr.write(
    `run ${runId} ended without proof from ${names}: its script may run on there; look with: spot doctor ${words}\n`,
  );
  return ExitCode.unreachable;
}
