import { relative } from 'node:path';
import { configFilesThere } from '../../config/read-file.ts';
import type { Config } from '../../config/config.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { loadPainter, resolveColor } from '../../report/painter.ts';
import { openExistingState, type State } from '../../state/state.ts';
import { readConfig } from '../context.ts';
import type { Io } from '../io.ts';
import { EMPTY_STATE, type KnownState, overviewText } from '../overview-view.ts';
import { runRow } from '../runs-view.ts';
import { scriptsHere } from '../scripts-here.ts';

/** Unfinished runs that are shown. */
const MAX_UNFINISHED = 3;

/** `spot` alone, in a terminal: where one stands, and what can be done next. Nothing is written, nothing is connected to. */
export async function overview(io: Io): Promise<number> {
  const config = await readConfig({ color: 'auto' }, io);
  const state = openExistingState(config.stateDir, { clock: io.clock, user: io.user, database: config.database });
  const painter = await loadPainter(resolveColor({ flag: 'auto', env: io.env, isTTY: true }));
  try {
    const text = overviewText(
      {
        configFiles: configFilesThere({ configFile: null, env: io.env, cwd: io.cwd, home: io.home }),
        statePath: state === null ? null : placeOf(state, config, io),
        isAwsUsed: config.aws.isUsed,
        newestScript: scriptsHere(io.cwd)[0]?.path ?? null,
        ...(state === null ? EMPTY_STATE : whatIsKnown(state)),
      },
      { now: io.clock.now(), columns: io.stdout.columns, painter },
    );
    io.stdout.write(text);
    return ExitCode.ok;
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
