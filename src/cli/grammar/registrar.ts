import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { withAfterRun } from './after-run.ts';

/** What a file of the grammar needs to make its commands known. */
export interface Registrar {
  /** a new command with the flags that every command has */
  readonly command: (name: string, describe: string) => Command;
  /** a command of commands: gives what makes each of them known */
  readonly group: (name: string, describe: string, examples: string) => Registrar['command'];
  /** takes the exit code of the command that was chosen */
  readonly finish: (exitCode: Promise<number>) => Promise<void>;
  readonly io: Io;
  /** as it was typed */
  readonly argv: readonly string[];
}

/** For flags that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** The flags that say which instances are meant. */
export function withFilter(command: Command): Command {
  return command
    .option(
      '-l, --limit <words>',
      'only these: ids, names, addresses, globs, key=value, @file; may be repeated',
      collect,
    )
    .option('-x, --exclude <words>', 'not these; may be repeated', collect);
}

/** The flags of commands that show a run. */
export function withShowFlags(command: Command): Command {
  return withAfterRun(command)
    .option('--json', 'one document on stdout at the end')
    .option('--json-lines', 'every event on stdout as it happens')
    .option('--output-dir <dir>', 'put <instance>.out and <instance>.err here, too')
    .option('-q, --quiet', 'say only what did not succeed')
    .option('-v, --verbose', 'say more');
}

/** The flag of commands that choose instances. */
export function withPick(command: Command): Command {
  return command.option('--pick', 'choose the instances from a list, with search; in a terminal only');
}
