import { type Command, Option } from 'commander';
import { usageError } from '../../model/errors.ts';
import type { UploadScriptOptions } from '../commands/upload-script.ts';
import { EXAMPLES } from '../examples.ts';
import { quietly } from '../quietly.ts';
import { withSync } from './cloud.ts';
import { withInventoryFile } from './inventory-file.ts';
import { collect, type Registrar, withFilter, withPick, withShowFlags } from './registrar.ts';
import { withStragglers } from './stragglers.ts';
import { withSudo } from './sudo.ts';
import { withWaitReady } from './wait-ready.ts';

/** In the order in which `--help` lists them. */
const FLAGS: readonly ((command: Command) => Command)[] = [
  withWhat,
  withInventoryFile,
  withPick,
  withHow,
  withSudo,
  withSync,
  withRollout,
  withStragglers,
  withOneRun,
  withShowFlags,
];

/** `spot upload-script [script] [-- args…]`; the script may be the name of a registered payload. */
export function registerUploadScript({ command, finish, io, argv }: Registrar): void {
  FLAGS.reduce(
    (uploading, add) => add(uploading),
    command('upload-script [script]', 'upload a script and files to the instances and run it there'),
  )
    .addHelpText('after', EXAMPLES.uploadScript)
    .action((script: string | undefined, args: string[], options: UploadScriptOptions) => {
      refuseStrayArguments(args, argv);
      return finish(
        quietly(options, io, async (told) => {
          const { uploadScript } = await import('../commands/on-instances.ts');
          return uploadScript(script, args, options, told);
        }),
      );
    });
}

/** What goes along, and to whom. */
export function withWhat(command: Command): Command {
  return withFilter(withCompany(command.argument('[args...]', 'arguments of the script, behind --')));
}

/** What goes along with a script. */
export function withCompany(command: Command): Command {
  return command
    .option('--files <dir>', 'folder that goes along, found as $DEPLOY_FILES_DIR (default: ./files if it exists)')
    .option('--no-files', 'no files go along')
    .option('--no-check', 'run a script that cannot be right all the same; see: --dry-run')
    .option(
      '-e, --env <KEY=VALUE>',
      'environment of the script; KEY alone takes it from here; may be repeated',
      collect,
    )
    .option('--env-file <file>', 'the same, one KEY=VALUE a line; may be repeated', collect);
}

/** How it is done. */
export function withHow(command: Command): Command {
  const placed = command
    .option('--copy-only', 'bring script and files there, run nothing')
    .option('--remote-path <path>', 'where the script is kept on the instance: absolute or ~/…');
  return withWaitReady(placed)
    .option('--connect-timeout <time>', 'until the login is done (default: 10s)')
    .option('--upload-timeout <time>', 'until everything is there (default: 60s)')
    .option('--timeout <time>', 'until the script has ended (default: 5m)')
    .option('-f, --concurrency <count>', 'instances worked on at once; also --forks (default: 100)')
    .addOption(new Option('--forks <count>').hideHelp())
    .option('--retries <count>', 'further tries to connect and upload (default: 2)')
    .option('--on-disconnect <kill|continue>', 'what an instance does when spot is gone for good (default: continue)')
    .option(
      '--on-interruption <none|usr1|term>',
      'what a script is sent when EC2 takes its instance back (default: none)',
    )
    .option('--exclusive', 'refuse an instance on which another --exclusive run is under way')
    .option('--no-cache', 'send all of it, also what an instance has from an earlier run')
    .option('--cleanup', 'remove the files folder when the script has ended');
}

/** In which waves. */
function withRollout(command: Command): Command {
  return command
    .option('--serial <sizes>', 'waves: counts or percentages of the instances, e.g. 1,10%,100%; the last one repeats')
    .option('--pause <time>', 'between two waves (default: none)')
    .option('--max-fail <count>', 'start no more once more than so many (or N%) did not succeed')
    .option('--fail-fast', 'the same as --max-fail 0');
}

/** What makes sense for one run only. */
function withOneRun(command: Command): Command {
  return command
    .option('--only-missing', 'skip instances on which the same has succeeded before')
    .option('-d, --detach', 'leave as soon as the scripts are started; see: spot attach')
    .option('--via <url|socket>', 'have a service run it on its instances; see: spot serve')
    .option('-n, --dry-run', 'say what would happen, connect to nothing')
    .option('-y, --yes', 'do not ask');
}

/** `spot upload-script a.sh web-1` is more likely a slip than an argument. */
export function refuseStrayArguments(
  args: readonly string[],
  argv: readonly string[],
  advice = 'choose instances with --limit',
): void {
  const dashes = argv.indexOf('--');
  const behind = dashes === -1 ? 0 : argv.length - dashes - 1;
  if (args.length <= behind) return;
  const stray = args[0] as string;
  throw usageError(
    'stray-argument',
    `'${stray}' is neither a flag nor an argument behind --; ${advice} ${stray}, pass arguments with: -- ${stray}`,
  );
}
