import { usageError } from '../../model/errors.ts';
import type { FetchOptions } from '../commands/fetch.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar, withPick } from './registrar.ts';

/** `spot fetch <run> <pattern>` */
export function registerFetch({ command, finish, io }: Registrar): void {
  withPick(command('fetch <run> <pattern> [more...]', 'bring files of a run home, one folder for each instance'))
    .option('--to <dir>', 'where they go: DIR/<instance>/… (default: fetched/<run>)')
    .option(
      '-l, --limit <words>',
      'only from these instances of the run: ids, names, addresses, globs, key=value, @file; may be repeated',
      collect,
    )
    .option('--force', 'replace files that are here and differ')
    .option('--max-bytes <size>', 'fetch nothing from an instance where it would be more', '1GiB')
    .option('--connect-timeout <time>', 'until the login is done (default: 10s)')
    .option('--timeout <time>', 'how long an instance may send nothing', '60s')
    .option('-f, --concurrency <count>', 'instances worked on at once (default: 100)')
    .option('--retries <count>', 'further tries when a link breaks (default: 2)')
    .option('--json', 'one document on stdout at the end')
    .option('-q, --quiet', 'say only what went wrong')
    .addHelpText('after', EXAMPLES.fetch)
    .action((run: string, pattern: string, words: string[], options: FetchOptions) => {
      refuseExpanded(run, words);
      return finish(import('../commands/on-instances.ts').then(({ fetch }) => fetch(run, pattern, options, io)));
    });
}

/** A pattern without quotes is expanded before `spot` sees it, by names that are here. */
function refuseExpanded(run: string, [word]: readonly string[]): void {
  if (word === undefined) return;
  throw usageError(
    'stray-argument',
    `'${word}' is one word too many; put the pattern in quotes, so that the shell here leaves it alone: spot fetch ${run} 'out/*.csv'`,
  );
}
