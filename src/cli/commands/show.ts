import { ExitCode } from '../../model/exit-code.ts';
import { loadPainter, resolveColor } from '../../report/painter.ts';
import { colorOf, type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { attemptsMeant, findRun } from '../recorded-run.ts';
import { runRow } from '../runs-view.ts';
import { logsDirOf } from '../retention.ts';
import { clustersText } from '../show-clusters.ts';
import { showDocument, showText } from '../show-view.ts';

export interface ShowRunOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `spot show`: what the state file knows of a run, or of one instance in it. */
export async function show(word: string, instance: string | null, options: ShowRunOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const run = findRun(word, state);
    const attempts = attemptsMeant(run.id, instance === null ? [] : [instance], state);
    const shown = { ...runRow(run, state), attempts, logsDir: logsDirOf(config, run.id) };
    if (options.json) {
      io.stdout.write(`${JSON.stringify(showDocument(shown), null, 2)}\n`);
    } else {
      const color = resolveColor({ flag: colorOf(options), env: io.env, isTTY: io.stdout.isTTY === true });
      const look = { painter: await loadPainter(color), columns: io.stdout.columns };
      io.stdout.write(showText(shown, look));
      const common = await clustersText(attempts, shown.logsDir, { ...look, cwd: io.cwd });
      if (common !== '') io.stdout.write(`\n${common}`);
    }
    return ExitCode.ok;
  });
}
