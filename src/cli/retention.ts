import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { messageOf } from '../model/errors.ts';
import { type Pruned, pruneHistory } from '../run/prune.ts';
import type { State } from '../state/state.ts';
import { isoTime } from '../util/clock.ts';
import type { Io } from './io.ts';

/** Runs that one run may cost the history: more than it adds, and few enough not to be waited for. */
const PRUNED_AT_ONCE = 20;

/** Where the outputs of a run are kept. */
export function logsDirOf(config: Config, runId: string): string {
  return join(logsRootOf(config), runId);
}

export function logsRootOf({ stateDir }: Config): string {
  return join(stateDir, 'logs');
}

/** At the end of a run: forgets some of what is beyond `runs.keep` and `logs.keep_bytes`. Fails no run. */
export async function keepHistoryShort(config: Config, state: State, io: Io): Promise<void> {
  try {
    const { problems } = await prune(config, state, io, PRUNED_AT_ONCE, youngOfService(state, io));
    for (const problem of problems) io.stderr.write(`spot: warning: ${problem}\n`);
  } catch (error) {
    io.stderr.write(`spot: warning: old runs were not pruned: ${messageOf(error)}\n`);
  }
}

/** All of it, at once. */
export function pruneAll(config: Config, state: State, io: Io): Promise<Pruned> {
  return prune(config, state, io, Number.MAX_SAFE_INTEGER);
}

/** How long whoever asked for a run of the service can still ask what became of it, however many came after it, ms. */
const YOUNG_MS = 10 * 60_000;
/** More than a service ends from one time to the next. */
const PRUNED_BY_SERVICE = 5000;

/** The same now and then in a service: deployments go with their runs, and those that never had one. @throws SpotError */
export async function keepServiceHistoryShort(config: Config, state: State, io: Io): Promise<Pruned> {
  state.deployments.forgetWithoutRun(config.runs.keep, PRUNED_BY_SERVICE);
  return prune(config, state, io, PRUNED_BY_SERVICE, youngOfService(state, io));
}

function youngOfService({ runs, deployments }: State, { clock }: Io): (runId: string) => boolean {
  const oldest = isoTime(clock.now() - YOUNG_MS);
  return (runId) => (runs.find(runId)?.finishedAt ?? oldest) > oldest && deployments.isRunKnown(runId);
}

function prune(
  config: Config,
  state: State,
  io: Io,
  most: number,
  spares?: (runId: string) => boolean,
): Promise<Pruned> {
  return pruneHistory(state.forgetting, {
    logsDir: logsRootOf(config),
    keepRuns: config.runs.keep,
    keepBytes: config.logs.keepBytes,
    most,
    now: io.clock.now(),
    ...(spares !== undefined && { spares }),
  });
}
