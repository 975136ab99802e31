import { type Command, Option } from 'commander';
import { parseDuration } from '../../util/parse-quantity.ts';

const FLAG = '--wait-ready';

/** `--wait-ready`, with or without a time. */
export function withWaitReady(command: Command): Command {
  const words = 'wait until sshd, cloud-init, package locks and disk are ready, at most so long (alone: 3m)';
  return command.addOption(new Option(`${FLAG} [time]`, words).argParser((word) => (word === '' ? true : word)));
}

/**
 * The words of a command line in which no script is taken for the time of `--wait-ready ./deploy.sh`: commander gives a
 * flag whose value may be left out whatever stands behind it.
 */
export function settleWaitReady(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const isFlag = (index: number): boolean => index < end && argv[index] === FLAG;
  const isTime = (index: number): boolean => index < end && parseDuration(argv[index] ?? '') !== null;
  return argv.flatMap((word, index) => {
    if (isFlag(index)) return [`${FLAG}=${isTime(index + 1) ? argv[index + 1] : ''}`];
    return isFlag(index - 1) && isTime(index) ? [] : [word];
  });
}
