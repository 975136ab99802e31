import type { Command } from 'commander';

/** What is done about scripts that take much longer than the others. */
export function withStragglers(command: Command): Command {
  return command
    .option(
      '--straggler-after <limit>',
      'whose script takes so many times the median, or a time, once half have succeeded; never: nobody (default: 3x)',
    )
    .option(
      '--straggler <report|detach|stop>',
      'show it, leave it running and go on, or end its script (default: report)',
    );
}
