import { Command, CommanderError, Option } from 'commander';
import { usageError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import { EXAMPLES } from './examples.ts';
import { registerCloud } from './grammar/cloud.ts';
import { registerCompletion } from './grammar/completion.ts';
import { registerConfig } from './grammar/config.ts';
import { registerCreate } from './grammar/create.ts';
import { registerExport } from './grammar/export.ts';
import { registerFetch } from './grammar/fetch.ts';
import { registerHistory } from './grammar/history.ts';
import { registerHosts } from './grammar/hosts.ts';
import { registerInit } from './grammar/init.ts';
import { registerInstances } from './grammar/instances.ts';
import { registerPayloads } from './grammar/payloads.ts';
import type { Registrar } from './grammar/registrar.ts';
import { registerRuns } from './grammar/runs.ts';
import { registerService } from './grammar/service.ts';
import { settleSudo } from './grammar/sudo.ts';
import { registerUploadScript } from './grammar/upload-script.ts';
import { settleWaitReady } from './grammar/wait-ready.ts';
import { registerWatch } from './grammar/watch.ts';
import { registerWorker } from './grammar/worker.ts';
import type { Io } from './io.ts';
import { canAsk } from './prompt.ts';

declare const SPOT_VERSION: string;

/** In the order in which the help lists them. */
const COMMANDS: readonly ((registrar: Registrar) => void)[] = [
  registerInit,
  registerUploadScript,
  registerCreate,
  registerPayloads,
  registerWatch,
  registerRuns,
  registerFetch,
  registerHistory,
  registerInstances,
  registerExport,
  registerCloud,
  registerHosts,
  registerConfig,
  registerService,
  registerWorker,
  registerCompletion,
];

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
  if (argv.length === 0 && canAsk(io) && io.stdout.isTTY === true) {
    const { overview } = await import('./commands/on-state.ts');
    return overview(io);
  }
  if (argv[0] === '__complete') {
    const { complete } = await import('./completion/complete.ts');
    return complete(program, argv.slice(1), io).catch(() => ExitCode.ok);
  }
  try {
    await program.parseAsync(settleSudo(settleWaitReady(argv)), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitCode.ok;
    throw commandLineError(error, program, argv);
  }
  return exitCode;
}

/** The commands alone, for whoever describes them. */
export function grammarOf(io: Io): Command {
  return createProgram(io, [], async () => undefined);
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
  const registrar: Registrar = {
    command: (name, describe) => withGlobals(program.command(name), describe),
    group: (name, describe, examples) => {
      const group = program.command(name).description(describe).addHelpText('after', examples);
      return (word, what) => withGlobals(group.command(word), what);
    },
    finish,
    io,
    argv,
  };
  for (const register of COMMANDS) register(registrar);
  return program;
}

function withGlobals(command: Command, describe: string): Command {
  return command
    .description(describe)
    .option('-c, --config <file>', 'configuration file (default: ./config.yaml)')
    .option('--state-dir <dir>', 'where state.db, payloads and logs are (default: .spot)')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'the same as --color never')
    .exitOverride();
}

/** Commander's words, as one sentence with what to do next. */
function commandLineError({ code, message }: CommanderError, program: Command, argv: readonly string[]): Error {
  const help = [program.name(), ...commandNames(program, argv), '--help'].join(' ');
  if (code === 'commander.help') return noCommandError(argv, help);
  const [what = '', hint = ''] = message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (.+)\?/.exec(hint)?.[1];
  const suggestion = meant === undefined ? ';' : `, did you mean ${meant}?`;
  return usageError(code.replace('commander.', ''), `${joinSentences(what)}${suggestion} see: ${help}`);
}

/** The names that lead to the command that was meant: `['payload', 'add']`. */
function commandNames(parent: Command, argv: readonly string[]): string[] {
  const [word, ...rest] = argv.filter((part) => !part.startsWith('-'));
  const command = parent.commands.find((each) => each.name() === word);
  return command === undefined ? [] : [command.name(), ...commandNames(command, rest)];
}

/** `spot` or `spot payload` alone, or `spot help` with a word that is no command. */
function noCommandError([first, second]: readonly string[], help: string): Error {
  if (first !== 'help') return usageError('no-command', `no command given; see: ${help}`);
  return usageError('unknownCommand', `unknown command '${second}'; see: ${help}`);
}

/** `… is invalid. Allowed choices are ….` becomes `… is invalid; allowed choices are …`. */
function joinSentences(text: string): string {
  return text.replace(/\.$/, '').replace(/\. ([A-Z])/g, (_, letter: string) => `; ${letter.toLowerCase()}`);
}
