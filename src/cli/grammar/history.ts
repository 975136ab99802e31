import type { DiffOptions } from '../commands/diff.ts';
import type { LogsOptions } from '../commands/logs.ts';
import type { RerunOptions } from '../commands/rerun.ts';
import type { RunsOptions } from '../commands/runs.ts';
import type { ShowRunOptions } from '../commands/show.ts';
import { EXAMPLES } from '../examples.ts';
import { quietly } from '../quietly.ts';
import { withSync } from './cloud.ts';
import { collect, type Registrar, withPick, withShowFlags } from './registrar.ts';
import { withStragglers } from './stragglers.ts';
import { withSudo } from './sudo.ts';
import { withWaitReady } from './wait-ready.ts';

/** `spot runs | show | logs | rerun | diff` */
export function registerHistory(registrar: Registrar): void {
  registerLooking(registrar);
  registerRerun(registrar);
  const { command, finish, io } = registrar;
  command('diff <run> [instance] [other]', 'say which instances of a run, or which of two runs, said something else')
    .option('--stderr', 'what they wrote to stderr (default: stdout)')
    .option('--json', 'as one document, without the lines')
    .addHelpText('after', EXAMPLES.diff)
    .action((run: string, one: string | undefined, other: string | undefined, options: DiffOptions) => {
      const others = [one, other].filter((word) => word !== undefined);
      return finish(import('../commands/on-state.ts').then(({ diff }) => diff(run, others, options, io)));
    });
}

function registerLooking({ command, finish, io }: Registrar): void {
  command('runs', 'list the runs, newest first')
    .option('-n, --count <count>', 'how many (default: 20)')
    .option('--json', 'as one document')
    .option('--prune', 'forget at once what is beyond runs.keep and logs.keep_bytes')
    .addHelpText('after', EXAMPLES.runs)
    .action((options: RunsOptions) =>
      finish(import('../commands/on-state.ts').then(({ listRuns }) => listRuns(options, io))),
    );
  command('show <run> [instance]', 'say what was planned in a run, and what came of it')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.show)
    .action((run: string, instance: string | undefined, options: ShowRunOptions) =>
      finish(import('../commands/on-state.ts').then(({ show }) => show(run, instance ?? null, options, io))),
    );
  command('logs <run> [instance]', 'print what the scripts of a run have said')
    .option('--stderr', 'what they wrote to stderr (default: stdout)')
    .option('--follow', 'go on as long as the run goes on')
    .addHelpText('after', EXAMPLES.logs)
    .action((run: string, instance: string | undefined, options: LogsOptions) =>
      finish(import('../commands/on-state.ts').then(({ logs }) => logs(run, instance ?? null, options, io))),
    );
}

function registerRerun({ command, finish, io }: Registrar): void {
  const repeating = command('rerun <run>', 'run the payload of a run again (default: where it did not succeed)')
    .option('--failed', 'where it failed, was killed, timed out or was cancelled')
    .option('--unreachable', 'where it was unreachable or rejected')
    .option('--lost', 'where it was lost')
    .option('--reclaimed', 'where the instance was taken back: on those that stand in for it')
    .option('--all', 'wherever it has ended')
    .option('-e, --env <KEY=VALUE>', 'a value again, as none is stored; KEY alone takes it from here', collect)
    .option('--env-file <file>', 'the same, one KEY=VALUE a line; may be repeated', collect)
    .option('-f, --concurrency <count>', 'instances worked on at once (default: as in that run)')
    .option('-n, --dry-run', 'say what would happen, connect to nothing')
    .option('-y, --yes', 'do not ask');
  withShowFlags(withSudo(withStragglers(withPick(withSync(withWaitReady(repeating))))))
    .addHelpText('after', EXAMPLES.rerun)
    .action((run: string, options: RerunOptions) =>
      finish(
        quietly(options, io, async (told) => {
          const { rerun } = await import('../commands/on-instances.ts');
          return rerun(run, options, told);
        }),
      ),
    );
}
