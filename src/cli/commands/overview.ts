import { relative } from 'node:path';
import { configFilesThere } from '../../config/read-file.ts';
import type { Config } from '../../config/config.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { loadPainter, plainPainter, resolveColor } from '../../report/painter.ts';
import { openExistingState, type State } from '../../state/state.ts';
import { type GlobalOptions, readConfig } from '../context.ts';
import type { Io } from '../io.ts';
import {
  EMPTY_STATE,
  type KnownState,
  nextSteps,
  nextStepsText,
  overviewText,
  type Standing,
} from '../overview-view.ts';
import { runRow } from '../runs-view.ts';
import { scriptsHere } from '../scripts-here.ts';

/** Unfinished runs that are shown. */
const MAX_UNFINISHED = 3;

/** `spot` alone, in a terminal: where one stands, and what can be done next. Nothing is written, nothing is connected to. */
export async function overview(io: Io): Promise<number> {
  const painter = await loadPainter(resolveColor({ flag: 'auto', env: io.env, isTTY: true }));
  const standing = await standingOf({ color: 'auto' }, io);
  io.stdout.write(overviewText(standing, { now: io.clock.now(), columns: io.stdout.columns, painter }));
  return ExitCode.ok;
}

/** The end of it, behind another command. */
export async function sayNextSteps(options: GlobalOptions, io: Io): Promise<void> {
  const lines = nextStepsText(nextSteps(await standingOf(options, io)), plainPainter, io.stderr.columns);
  io.stderr.write(`\n${lines}`);
}

async function standingOf(options: GlobalOptions, io: Io): Promise<Standing> {
  const config = await readConfig(options, io);
  const state = openExistingState(config.stateDir, { clock: io.clock, user: io.user, database: config.database });
  try {
    return {
      configFiles: configFilesThere({ configFile: options.config ?? null, env: io.env, cwd: io.cwd, home: io.home }),
      statePath: state === null ? null : placeOf(state, config, io),
      isAwsUsed: config.aws.isUsed,
      newestScript: scriptsHere(io.cwd)[0]?.path ?? null,
      ...(state === null ? EMPTY_STATE : whatIsKnown(state)),
    };
  } finally {
    state?.close();
  }
}

function placeOf(state: State, { database }: Config, { cwd }: Io): string {
  const near = relative(cwd, state.path);
  return database !== null || near.startsWith('..') ? state.path : near;
}

function whatIsKnown(state: State): KnownState {
  const [last] = state.runs.list(1);
  const unfinished = state.runs.unfinished();
  return {
    fleet: state.instances.list(),
    last: last === undefined ? null : runRow(last, state),
    unfinished: unfinished.slice(0, MAX_UNFINISHED).map((run) => runRow(run, state)),
    moreUnfinished: Math.max(0, unfinished.length - MAX_UNFINISHED),
    payloads: state.payloads.list().filter(({ isActive }) => isActive),
  };
}
