import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { State } from '../../state/state.ts';
import { formatBytes, plural } from '../../util/format.ts';
import type { Config } from '../../config/config.ts';
import { refuseBoth } from '../contradictions.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { pruneAll } from '../retention.ts';
import { runRow, runsDocument, runsTable } from '../runs-view.ts';

export interface RunsOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly count?: string;
  readonly prune?: boolean;
}

/** How many runs are listed where nobody says. */
const DEFAULT_COUNT = 20;

/** `spot runs`: the newest runs, or with `--prune` what is beyond the configuration's limits goes. */
export async function listRuns(options: RunsOptions, io: Io): Promise<number> {
  if (options.prune && options.json) refuseBoth('--prune', '--json');
  if (options.prune && options.count !== undefined) refuseBoth('--prune', '--count');
  const count = options.count === undefined ? DEFAULT_COUNT : parseCount(options.count);
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    if (options.prune) return prune(config, state, io);
    const rows = state.runs.list(count).map((run) => runRow(run, state));
    if (options.json) io.stdout.write(`${JSON.stringify(runsDocument(rows), null, 2)}\n`);
    else if (rows.length === 0)
      io.stderr.write(`no run in ${state.path}; begin one with: spot upload-script ./deploy.sh\n`);
    else io.stdout.write(runsTable(rows, io.clock.now(), io.stdout.columns));
    return ExitCode.ok;
  });
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw usageError('bad-count', `--count '${text}' is no number of runs; give a whole number from 1 on`);
}

async function prune(config: Config, state: State, io: Io): Promise<number> {
  const { runs, logs, bytes, problems } = await pruneAll(config, state, io);
  const facts = [
    ...(runs.length > 0 ? [plural(runs.length, 'run')] : []),
    ...(logs.length > 0 ? [`the outputs of ${plural(logs.length, runs.length > 0 ? 'other run' : 'run')}`] : []),
  ];
  const what = facts.length === 0 ? 'nothing to prune' : `pruned ${facts.join(' and ')} (${formatBytes(bytes)})`;
  io.stderr.write(`${what}; kept are ${plural(config.runs.keep, 'run')} and ${keptBytes(config)} of outputs\n`);
  for (const problem of problems) io.stderr.write(`spot: warning: ${problem}\n`);
  return problems.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function keptBytes({ logs }: Config): string {
  return formatBytes(logs.keepBytes);
}
