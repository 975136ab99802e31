import { readFileSync } from 'node:fs';
import { type ConfigReading, inspectConfig } from '../../config/load-config.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { selectInstances } from '../../inventory/select.ts';
import { type Check, doubtful, wrongBy } from '../../model/check.ts';
import { noInstanceError, SpotError, usageError } from '../../model/errors.ts';
import type { Instance } from '../../model/instance.ts';
import { loadPainter, resolveColor } from '../../report/painter.ts';
import { inspectState } from '../../state/inspect.ts';
import { openState, type State } from '../../state/state.ts';
import { colorOf, configSources, type GlobalOptions } from '../context.ts';
import { checkLines, fleetChecks } from '../doctor/check-lines.ts';
import { examineAll } from '../doctor/fleet.ts';
import { checkHere } from '../doctor/here.ts';
import { hostOf } from '../doctor/host-of.ts';
import { lookProgress } from '../doctor/progress.ts';
import { documentOf, exitCodeOf, type Report, textOf } from '../doctor-view.ts';
import type { Io } from '../io.ts';

export interface DoctorOptions extends GlobalOptions {
  readonly fix?: boolean;
  /** nothing is connected to but AWS */
  readonly local?: boolean;
  readonly json?: boolean;
}

/** What was seen. */
interface Visit {
  readonly here: readonly Check[];
  readonly reports: readonly Report[];
}

/**
 * `spot doctor`: whether this machine and the instances have what a run needs, what earlier runs have left there, and its
 * removal. What is broken here is said, and the rest looked at all the same.
 */
export async function doctor(words: readonly string[], options: DoctorOptions, io: Io): Promise<number> {
  if (options.local === true && (words.length > 0 || options.fix === true)) {
    throw usageError('doctor-flags', '--local looks at no instance; leave it out, or the instances and --fix');
  }
  const reading = await inspectConfig(configSources(options, io));
  const state = openIfThere(reading, io);
  try {
    const visit = await look(words, { reading, state, options, io });
    await say(visit, options, io);
    return exitCodeOf(visit.here, visit.reports);
  } finally {
    state?.close();
  }
}

/** Null where there is none, or it cannot be opened: its check says why. */
function openIfThere({ config }: ConfigReading, io: Io): State | null {
  try {
    const { content, knownVersion } = inspectState(config.stateDir, config.database);
    if (content === null || content.version > knownVersion || content.damages.length > 0) return null;
    return openState(config.stateDir, { clock: io.clock, user: io.user, database: config.database });
  } catch (error) {
    if (error instanceof SpotError) return null;
    throw error;
  }
}

interface LookOptions {
  readonly reading: ConfigReading;
  readonly state: State | null;
  readonly options: DoctorOptions;
  readonly io: Io;
}

async function look(words: readonly string[], { reading, state, options, io }: LookOptions): Promise<Visit> {
  const { config } = reading;
  const { instances, check } = find(words, state);
  const hosts = instances.map((instance) => hostOf(instance, config));
  const here = checkHere({ reading, state, hosts, io });
  if (state === null || options.local === true || instances.length === 0) {
    return { here: [...(await here), ...(check === null ? [] : [check])], reports: [] };
  }
  const progress = lookProgress(instances.length, io);
  const fix = options.fix === true;
  const examined = examineAll({ instances, config, state, io, fix, progress: progress.step }).finally(progress.end);
  const [checks, reports] = await Promise.all([here, examined]);
  return { here: checks, reports };
}

interface Found {
  readonly instances: readonly Instance[];
  /** why there is none */
  readonly check: Check | null;
}

/** @throws SpotError (exit 69) where words mean no instance */
function find(words: readonly string[], state: State | null): Found {
  const limit = expandSelectors(words, { flag: null, readFile: (path) => readFileSync(path, 'utf8') });
  if (state === null) {
    if (limit.length === 0) return { instances: [], check: null };
    throw noInstanceError('no-instance', 'there is no state that could know these instances; see: spot doctor');
  }
  try {
    const selection = selectInstances(state.instances.list(), { limit, exclude: [] });
    if (limit.length > 0) requireTargets(selection, state.path);
    if (selection.chosen.length > 0) return { instances: selection.chosen, check: null };
    return { instances: [], check: doubtful('instances', 'none is running', 'see what there is with: spot list') };
  } catch (error) {
    if (limit.length > 0 || !(error instanceof SpotError)) throw error;
    return { instances: [], check: wrongBy('state', error.message) };
  }
}

async function say({ here, reports }: Visit, options: DoctorOptions, io: Io): Promise<void> {
  if (options.json) {
    io.stdout.write(`${JSON.stringify(documentOf(here, reports), null, 2)}\n`);
    return;
  }
  const { columns, isTTY } = io.stdout;
  const painter = await loadPainter(resolveColor({ flag: colorOf(options), env: io.env, isTTY: isTTY === true }));
  const checks = [...here, ...fleetChecks(reports)];
  io.stdout.write(checkLines(checks, painter, columns));
  if (reports.length > 0) io.stdout.write(`\n${textOf(reports, columns)}`);
}
