import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode } from '../../model/exit-code.ts';
import { labelInstances } from '../../report/labels.ts';
import { displayWidth, padToWidth } from '../../report/text.ts';
import type { StreamName } from '../../run/outputs.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import type { RunRecord } from '../../state/runs.ts';
import type { State } from '../../state/state.ts';
import { plural } from '../../util/format.ts';
import { prunedError } from '../compared-output.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { LogReader } from '../log-reader.ts';
import { createLogView, type LogView } from '../log-view.ts';
import { outputPath, outputStateOf } from '../recorded-output.ts';
import { attemptsMeant, findRun, stateOfRun } from '../recorded-run.ts';
import { logsDirOf } from '../retention.ts';

export interface LogsOptions extends GlobalOptions {
  readonly stderr?: boolean;
  readonly follow?: boolean;
}

/** How often the files of a run that goes on are looked at, ms. */
const LOOK_AGAIN_MS = 200;

/** One output that is read, and where it is shown. */
interface Source {
  readonly instanceId: string;
  readonly reader: LogReader;
  readonly view: LogView;
}

/** `spot logs`: what the scripts of a run have said, all of it or that of one instance. */
export async function logs(word: string, instance: string | null, options: LogsOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  const stream = options.stderr ? 'stderr' : 'stdout';
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const attempts = attemptsMeant(run.id, instance === null ? [] : [instance], state);
    refusePruned(attempts, stream);
    const sources = sourcesOf(attempts, stream, logsDirOf(config, run.id), io);
    try {
      if (options.follow && run.finishedAt === null) return await follow(run, sources, state, io);
      for (const { reader, view } of sources) {
        reader.readTo(view, io.stdout);
        view.end();
      }
      return ExitCode.ok;
    } finally {
      for (const { reader } of sources) reader.close();
    }
  });
}

/** @throws SpotError (exit 66): outputs go with all of their run, so there is no part of them to show */
function refusePruned(attempts: readonly AttemptRecord[], stream: StreamName): void {
  const pruned = attempts.find((attempt) => outputStateOf(attempt, stream) === 'pruned');
  if (pruned !== undefined) throw prunedError(pruned, stream);
}

function sourcesOf(attempts: readonly AttemptRecord[], stream: StreamName, logsDir: string, io: Io): Source[] {
  const labels = labelInstances(attempts);
  const width = Math.max(0, ...[...labels.values()].map(displayWidth));
  return attempts.map((attempt) => ({
    instanceId: attempt.instanceId,
    reader: new LogReader(outputPath(logsDir, attempt, stream), outputStateOf(attempt, stream) === 'kept'),
    view: createLogView(
      io.stdout,
      attempts.length === 1 ? null : padToWidth(labels.get(attempt.instanceId) as string, width),
    ),
  }));
}

/** Shows what comes until the attempts have ended, nobody is there who would write it, or nobody reads it. */
async function follow(run: RunRecord, sources: readonly Source[], state: State, io: Io): Promise<number> {
  for (;;) {
    // in this order: a client that is gone ends no attempt any more, and one that has ended writes nothing any more
    const isDriven = stateOfRun(run, state) === 'running';
    const open = openIn(run.id, state);
    for (const { reader, view } of sources) reader.readTo(view, io.stdout);
    if (io.stdout.isBroken === true) return ExitCode.ok;
    const left = sources.filter(({ instanceId }) => open.has(instanceId));
    if (left.length > 0 && isDriven) {
      await sleep(LOOK_AGAIN_MS);
      continue;
    }
    for (const { view } of sources) view.end();
    if (left.length === 0) return ExitCode.ok;
    io.stderr.write(
      `spot: run ${run.id} was left with ${plural(left.length, 'open instance')}; collect the rest with: spot attach ${run.id}\n`,
    );
    return ExitCode.failed;
  }
}

function openIn(runId: string, { runs }: State): Set<string> {
  const open = runs.attempts(runId).filter(({ outcome }) => outcome === null);
  return new Set(open.map(({ instanceId }) => instanceId));
}
