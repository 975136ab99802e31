import { Command, CommanderError, Option } from 'commander';
import { usageError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { AddOptions } from './commands/add.ts';
import type { ListOptions } from './commands/list.ts';
import type { RemoveOptions } from './commands/remove.ts';
import type { SetOptions } from './commands/set.ts';
import type { UploadScriptOptions } from './commands/upload-script.ts';
import type { GlobalOptions } from './context.ts';
import { EXAMPLES } from './examples.ts';
import type { Io } from './io.ts';

declare const SPOT_VERSION: string;

/** What every command gives: the exit code. */
type Outcome = Promise<number>;

/**
 * The command line of `spot`: names, flags and help. What a command does is in `commands/` and loaded only when it is
 * asked for, so that `--help` costs next to nothing.
 * @throws SpotError for wrong words (exit 64) and whatever the command throws
 */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const finish = async (outcome: Outcome): Promise<void> => {
    exitCode = await outcome;
  };
  const program = createProgram(io, argv, finish);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitCode.ok;
    throw commandLineError(error, argv);
  }
  return exitCode;
}

function createProgram(io: Io, argv: readonly string[], finish: (outcome: Outcome) => Promise<void>): Command {
  const program = new Command('spot')
    .description('Push a script and files to a fleet of spot instances over SSH, run it there, and know what happened.')
    .version(SPOT_VERSION, '-V, --version', 'say the version')
    .helpOption('-h, --help', 'say what can be said')
    .helpCommand('help [command]', 'the same as --help')
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => io.stdout.columns || 100,
    })
    .addHelpText('after', EXAMPLES.spot)
    .exitOverride();
  const add = (name: string, describe: string): Command => withGlobals(program.command(name).description(describe));
  addUploadScript(
    add('upload-script <script>', 'upload a script and files to the instances and run it there'),
    io,
    argv,
    finish,
  );
  addInstanceCommands(add, io, finish);
  add('demo', 'run the example on three sandbox instances inside this process')
    .option('--keep', 'leave the state file and the logs, and say where they are')
    .action((options: GlobalOptions & { keep?: boolean }) =>
      finish(import('./commands/demo.ts').then(({ demo }) => demo(options, io))),
    );
  return program;
}

function withGlobals(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: ./config.yaml)')
    .option('--state-dir <dir>', 'where state.db, payloads and logs are (default: .spot)')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'the same as --color never')
    .exitOverride();
}

function addUploadScript(
  command: Command,
  io: Io,
  argv: readonly string[],
  finish: (outcome: Outcome) => Promise<void>,
): void {
  command
    .argument('[args...]', 'arguments of the script, behind --')
    .option('--files <dir>', 'folder that goes along, found as $DEPLOY_FILES_DIR (default: ./files if it exists)')
    .option('--no-files', 'no files go along')
    .option(
      '-l, --limit <words>',
      'only these: ids, names, addresses, globs, key=value, @file; may be repeated',
      collect,
    )
    .option('-x, --exclude <words>', 'not these; may be repeated', collect)
    .option(
      '-e, --env <KEY=VALUE>',
      'environment of the script; KEY alone takes it from here; may be repeated',
      collect,
    )
    .option('--env-file <file>', 'the same, one KEY=VALUE a line; may be repeated', collect)
    .option('--copy-only', 'bring script and files there, run nothing')
    .option('--remote-path <path>', 'where the script is kept on the instance: absolute or ~/…')
    .option('--connect-timeout <time>', 'until the login is done (default: 10s)')
    .option('--upload-timeout <time>', 'until everything is there (default: 60s)')
    .option('--timeout <time>', 'until the script has ended (default: 5m)')
    .option('-f, --concurrency <count>', 'instances worked on at once; also --forks (default: 100)')
    .addOption(new Option('--forks <count>').hideHelp())
    .option('--cleanup', 'remove the files folder when the script has ended')
    .option('-n, --dry-run', 'say what would happen, connect to nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one document on stdout at the end')
    .option('--json-lines', 'every event on stdout as it happens')
    .option('--output-dir <dir>', 'put <instance>.out and <instance>.err here, too')
    .option('-q, --quiet', 'say only what did not succeed')
    .option('-v, --verbose', 'say more')
    .addHelpText('after', EXAMPLES.uploadScript)
    .action((script: string, args: string[], options: UploadScriptOptions) => {
      refuseStrayArguments(args, argv);
      return finish(
        import('./commands/upload-script.ts').then(({ uploadScript }) => uploadScript(script, args, options, io)),
      );
    });
}

function addInstanceCommands(
  add: (name: string, describe: string) => Command,
  io: Io,
  finish: (outcome: Outcome) => Promise<void>,
): void {
  add('add <hosts...>', 'add hosts by hand: [user@]host[:port] each')
    .option('--name <name>', 'what to call it')
    .option('--tag <key=value>', 'a tag; may be repeated', collect)
    .option('--id <id>', 'its id (default: made of address and port)')
    .addHelpText('after', EXAMPLES.add)
    .action((hosts: string[], options: AddOptions) =>
      finish(import('./commands/add.ts').then(({ addInstances }) => addInstances(hosts, options, io))),
    );
  add('list [words...]', 'list the instances')
    .option('--json', 'as one document')
    .action((words: string[], options: ListOptions) =>
      finish(import('./commands/list.ts').then(({ listInstances }) => listInstances(words, options, io))),
    );
  add('remove <words...>', 'forget instances; nothing is done to the machines')
    .option('-y, --yes', 'do not ask')
    .action((words: string[], options: RemoveOptions) =>
      finish(import('./commands/remove.ts').then(({ removeInstances }) => removeInstances(words, options, io))),
    );
  add('set <instance>', 'correct what is known of an instance')
    .option('--state <state>', 'pending, running, shutting-down, stopping, stopped or terminated')
    .option('--name <name>', 'what to call it')
    .option('--address <host>', 'name or IP address')
    .option('--user <user>', 'SSH user')
    .option('--port <port>', 'SSH port')
    .option('--tag <key=value>', 'a tag; key= removes it; may be repeated', collect)
    .addHelpText('after', EXAMPLES.set)
    .action((word: string, options: SetOptions) =>
      finish(import('./commands/set.ts').then(({ setInstance }) => setInstance(word, options, io))),
    );
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** `spot upload-script a.sh web-1` is more likely a slip than an argument. */
function refuseStrayArguments(args: readonly string[], argv: readonly string[]): void {
  const dashes = argv.indexOf('--');
  const behind = dashes === -1 ? 0 : argv.length - dashes - 1;
  if (args.length <= behind) return;
  const stray = args[0] as string;
  throw usageError(
    'stray-argument',
    `'${stray}' is neither a flag nor an argument behind --; choose instances with --limit ${stray}, pass arguments with: -- ${stray}`,
  );
}

/** Commander's words, as one sentence with what to do next. */
function commandLineError(error: CommanderError, argv: readonly string[]): Error {
  const [what = '', hint = ''] = error.message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (.+)\?/.exec(hint)?.[1];
  const command = argv.find((word) => !word.startsWith('-'));
  const help =
    command === undefined || error.code === 'commander.unknownCommand' ? 'spot --help' : `spot ${command} --help`;
  if (error.code === 'commander.help') return usageError('no-command', 'no command given; see: spot --help');
  const suggestion = meant === undefined ? '' : `, did you mean ${meant}?`;
  return usageError(
    error.code.replace('commander.', ''),
    `${what.replace(/\.$/, '')}${suggestion || ';'} see: ${help}`,
  );
}
