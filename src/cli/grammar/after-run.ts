import type { Command } from 'commander';

/** What is done with a run when it is over. */
export function withAfterRun(command: Command): Command {
  return command
    .option('--junit <file>', 'write what came of it as JUnit XML, an instance a test case')
    .option('--notify', 'ring the bell when it is over, and tell the desktop');
}
