import type { Command, Option } from 'commander';
import { KEY_PATHS } from '../config/schema.ts';

/** What a man page needs besides the commands. */
export interface ManSources {
  readonly version: string;
  /** the commented text of config.example.yaml */
  readonly configuration: string;
}

/** spot(1) in the macros of man(7), made of the commands themselves. */
export function manPage(program: Command, { version, configuration }: ManSources): string {
  const commands = leavesOf(program);
  const [examples, codes] = partsOfHelp(program);
  return [
    '.\\" made by scripts/man-page.js',
    `.TH SPOT 1 "" "spot ${version}" "User Commands"`,
    '.SH NAME',
    `spot \\- ${text(program.description().replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap(({ command, path }) => [`.B ${text(path)}`, text(usageOf(command)), '.br']).slice(0, -1),
    '.SH DESCRIPTION',
    text(program.description()),
    '.PP',
    'Data goes to stdout, progress and messages go to stderr.',
    'A terminal gets a live view; a pipe, a file or CI gets one line an event.',
    '.SH GLOBAL OPTIONS',
    ...optionLines(commands[0]?.command.options.filter(isGlobal) ?? []),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH CONFIGURATION',
    'Flags go before',
    '.I SPOT_*',
    'variables, these before',
    '.I \\-\\-config FILE',
    'or',
    '.IR ./config.yaml ,',
    'that before',
    '.IR $XDG_CONFIG_HOME/spot/config.yaml .',
    ...literal(configuration),
    '.SH ENVIRONMENT',
    ...environmentLines(),
    '.SH FILES',
    ...FILES.flatMap(([name, what]) => ['.TP', `.I ${text(name)}`, text(what)]),
    '.SH EXIT STATUS',
    text(codes),
    '.SH EXAMPLES',
    ...literal(examples),
    '',
  ].join('\n');
}

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['SSH_AUTH_SOCK', 'where ssh-agent listens'],
  ['NO_COLOR, FORCE_COLOR', 'no colours, or colours wherever output goes'],
  ['SPOT_DEBUG', 'show where an internal error happened'],
  ['AWS_PROFILE, AWS_REGION and the like', 'as in all programs that talk to AWS'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['./config.yaml', 'the configuration'],
  ['./files', 'the folder that goes along with a script, unless --files or files_dir names another one'],
  ['.spot/state.db', 'the instances, payloads and runs'],
  ['.spot/logs/<run>/<instance>.out, .err', 'all that a script has said'],
  ['/tmp/deploy_files_<time>_<pid>', 'on an instance: the files of a run, as $DEPLOY_FILES_DIR'],
];

function environmentLines(): string[] {
  const ofKeys = KEY_PATHS.map((key) => [`SPOT_${key.toUpperCase().replaceAll('.', '_')}`, `the key ${key}`] as const);
  return [...ENVIRONMENT, ...ofKeys].flatMap(([name, what]) => ['.TP', `.B ${text(name)}`, text(what)]);
}

interface Leaf {
  readonly command: Command;
  /** `spot payload add` */
  readonly path: string;
}

function leavesOf(parent: Command, front = ''): Leaf[] {
  const path = `${front}${parent.name()}`;
  const children = parent.commands.filter((child) => child.name() !== 'help');
  return children.length === 0 ? [{ command: parent, path }] : children.flatMap((child) => leavesOf(child, `${path} `));
}

function usageOf(command: Command): string {
  return command.usage();
}

function commandLines({ command, path }: Leaf): string[] {
  const [examples, rest] = partsOfHelp(command);
  return [
    `.SS "${text(path)} ${text(usageOf(command))}"`,
    `${text(capital(command.description()))}.`,
    ...optionLines(command.options.filter((option) => !isGlobal(option) && !option.hidden)),
    ...(rest === '' ? [] : ['.PP', text(rest)]),
    ...literal(examples),
  ];
}

function isGlobal({ long }: Option): boolean {
  return ['--config', '--state-dir', '--color', '--no-color'].includes(long ?? '');
}

function optionLines(options: readonly Option[]): string[] {
  return options.flatMap(({ flags, description, argChoices }) => {
    const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
    return ['.TP', `.B ${text(flags)}`, text(`${description}${choices}`)];
  });
}

/** What stands below the flags of a help: its examples, and all the rest in one paragraph. */
function partsOfHelp(command: Command): [examples: string, rest: string] {
  let help = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (part) => (help += part), getOutHelpWidth: () => 400 });
  command.outputHelp();
  command.configureOutput(before);
  const [, behind = ''] = help.split(/\nExamples:\n/);
  const blocks = [...help.matchAll(/\n\n(?!Usage|Options|Arguments|Commands|Examples)(\S[^]*?)(?=\n\n|$)/g)];
  const prose = blocks.map(([, block = '']) => block.trim()).filter((block) => block !== command.description());
  return [behind.split('\n\n')[0]?.replace(/\n$/, '') ?? '', prose.join(' ').replace(/\s*\n\s*/g, ' ')];
}

function literal(block: string): string[] {
  if (block.trim() === '') return [];
  return ['.PP', '.nf', ...block.replace(/\n$/, '').split('\n').map(text), '.fi'];
}

function capital(sentence: string): string {
  return sentence.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

/** Text that roff prints as it stands. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...');
  return escaped
    .replace(/^\./, '\\&.')
    .replace(
      /[^ -~]/gu,
      (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
