import type { Config } from '../../config/config.ts';
import { destroyInstances, type End } from '../../fleet/destroy.ts';
import { chooseDoomed } from '../../fleet/doomed.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Instance } from '../../model/instance.ts';
import type { State } from '../../state/state.ts';
import { plural } from '../../util/format.ts';
import { lastSeenOf, placesInUse, sayChanges, syncPlaces } from '../auto-sync.ts';
import { openCloud } from '../cloud.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import { refuseBoth } from '../contradictions.ts';
import { filterOf } from '../filter.ts';
import * as view from '../destroy-view.ts';
import type { Io } from '../io.ts';
import { canAsk, requireYes } from '../prompt.ts';
import { namesOf } from '../several.ts';
import { describeProblems } from '../sync-view.ts';

export interface DestroyOptions extends GlobalOptions {
  readonly limit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** EC2 mostly takes less than a minute, and several where a system is slow to shut down. */
const PATIENCE_MS = 10 * 60_000;

interface Surroundings {
  readonly options: DestroyOptions;
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
}

/** `spot destroy`: looks, asks, has EC2 terminate the instances, and waits until they are. */
export async function destroy(options: DestroyOptions, io: Io): Promise<number> {
  refuseWrongUse(options);
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const surroundings = { options, config, state, io };
    await lookFirst(surroundings);
    const { chosen, ended, byHand } = chooseDoomed(state.instances.list(), filterOf(surroundings));
    if (byHand.length > 0) {
      io.stderr.write(`spot: note: ${namesOf(byHand)}: added by hand, and left as it is; see: spot remove\n`);
    }
    if (chosen.length === 0) return nothingToDo(ended, surroundings);
    const openRuns = new Map([...state.runs.open()].reverse().map(({ instanceId, runId }) => [instanceId, runId]));
    const doomed = { instances: chosen, openRuns, now: io.clock.now() };
    if (options.dryRun) return showDryRun(doomed, surroundings);
    await requireConsent(doomed, surroundings);
    return terminate(chosen, surroundings);
  });
}

/** @throws SpotError (exit 64) */
function refuseWrongUse({ limit, all }: DestroyOptions): void {
  if (all && limit !== undefined) refuseBoth('--all', '--limit');
  if (!all && limit === undefined) {
    throw usageError('nothing-chosen', 'say which instances with --limit, or --all for every instance from EC2');
  }
}

/** What goes should be what is there, and not what was there once. */
async function lookFirst({ config, state, io }: Surroundings): Promise<void> {
  const places = placesInUse({ config, state });
  if (places.length === 0) return;
  const syncs = await syncPlaces(places, { config, state, io }, { withPrices: false });
  sayChanges(syncs, io);
  for (const problem of describeProblems(syncs, lastSeenOf({ state, io }))) {
    io.stderr.write(`spot: warning: ${problem}\n`);
  }
}

function nothingToDo(ended: readonly Instance[], { options, io }: Surroundings): number {
  const why =
    ended.length === 0 ? 'there is no such instance from EC2' : `${plural(ended.length, 'instance')} ended before`;
  io.stderr.write(`nothing to terminate: ${why}\n`);
  if (options.json) writeDocument([], ExitCode.ok, { options, io });
  return ExitCode.ok;
}

function showDryRun(doomed: view.DoomedView, { options, io }: Surroundings): number {
  if (options.json) writeDocument(doomed.instances.map(asItIs), ExitCode.ok, { options, io });
  else io.stdout.write(view.doomedTable(doomed, io.stdout.columns));
  io.stderr.write(`Dry run: ${view.describeDoomed(doomed, 'would be terminated')}.\n`);
  return ExitCode.ok;
}

function asItIs(instance: Instance): End {
  return { instance, state: instance.state, isOrdered: false, problem: null };
}

/** @throws SpotError (exit 64) where nobody can be asked, (exit 130) for a no */
async function requireConsent(doomed: view.DoomedView, { options, io }: Surroundings): Promise<void> {
  const { instances } = doomed;
  const which = `${plural(instances.length, 'instance')} (${namesOf(instances)})`;
  if (options.yes) {
    io.stderr.write(`terminating ${which}\n`);
    return;
  }
  if (!canAsk(io)) {
    throw usageError('not-confirmed', `${which} would be terminated; say --yes to have that done`);
  }
  io.stderr.write(view.doomedTable(doomed, io.stderr.columns));
  io.stderr.write(`${view.describeDoomed(doomed, 'will be terminated')}; what is on them is lost.\n`);
  await requireYes(io, `Terminate ${plural(instances.length, 'instance')}?`, false);
}

async function terminate(instances: readonly Instance[], surroundings: Surroundings): Promise<number> {
  const { options, config, state, io } = surroundings;
  const isLive = io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' && !io.env['CI'];
  const cloud = await openCloud(config, io);
  const interruption = new AbortController();
  let exitCode: number = ExitCode.ok;
  const startedAt = io.clock.now();
  const progress = view.showProgress(instances, isLive, io);
  const stopListening = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
    if (interruption.signal.aborted) leaveNow(progress, exitCode, io);
    interruption.abort();
  });
  let ends: readonly End[];
  try {
    const wait = { patienceMs: PATIENCE_MS, signal: interruption.signal, onProgress: progress.show };
    ends = await destroyInstances(instances, { cloud, state, clock: io.clock, ...wait });
  } finally {
    stopListening();
    progress.close();
    cloud.close();
  }
  const isInterrupted = interruption.signal.aborted;
  for (const line of view.describeEnds({ ends, ms: io.clock.now() - startedAt, isInterrupted })) {
    io.stderr.write(`${line}\n`);
  }
  const code = isInterrupted ? exitCode : exitCodeOf(ends);
  if (options.json) writeDocument(ends, code, { options, io });
  return code;
}

/** A second signal: EC2 may still be about to answer. */
function leaveNow(progress: view.Progress, exitCode: number, io: Io): void {
  progress.close();
  io.stderr.write('spot: left at once; what EC2 has taken goes on: look with: spot sync\n');
  io.exitNow(exitCode);
}

/** That of the worst region; what is not terminated yet is not what was asked for. */
function exitCodeOf(ends: readonly End[]): number {
  return Math.max(
    ...ends.map(({ state, problem }) =>
      state === 'terminated' ? ExitCode.ok : (problem?.exitCode ?? ExitCode.noInstance),
    ),
  );
}

function writeDocument(
  ends: readonly End[],
  exitCode: number,
  { options, io }: Pick<Surroundings, 'options' | 'io'>,
): void {
  const document = view.destroyDocument(ends, exitCode, options.dryRun === true);
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
