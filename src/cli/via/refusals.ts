import { usageError } from '../../model/errors.ts';
import type { UploadScriptOptions } from '../commands/upload-script.ts';

const SET_THERE = 'is set by the configuration of the service';
const AT_ONCE = 'is about waves, and a service starts a run on all of its instances at once';

const ONE_BY_ONE = 'compares the scripts of a run, and a service carries out each by itself';

/** What a service does not take from a client, and why. */
const REFUSED: readonly (readonly [keyof UploadScriptOptions & string, string, string])[] = [
  ['connectTimeout', '--connect-timeout', SET_THERE],
  ['uploadTimeout', '--upload-timeout', SET_THERE],
  ['concurrency', '--concurrency', SET_THERE],
  ['forks', '--forks', SET_THERE],
  ['onDisconnect', '--on-disconnect', SET_THERE],
  ['onInterruption', '--on-interruption', SET_THERE],
  ['serial', '--serial', AT_ONCE],
  ['pause', '--pause', AT_ONCE],
  ['maxFail', '--max-fail', AT_ONCE],
  ['failFast', '--fail-fast', AT_ONCE],
  ['stragglerAfter', '--straggler-after', ONE_BY_ONE],
  ['straggler', '--straggler', ONE_BY_ONE],
  ['onlyMissing', '--only-missing', 'asks the history of this machine, not that of the service'],
  ['pick', '--pick', 'chooses among the instances of this machine'],
  ['sudo', '--sudo', 'lets a script do what the tokens of a service were not given for'],
  ['askSudoPassword', '--ask-sudo-password', 'would send a password to a service, which keeps none'],
  ['inventoryFile', '--inventory-file', 'names hosts to this machine, and a service runs it on instances of its own'],
  ['dryRun', '--dry-run', 'plans here, and with a service it is the service that plans'],
];

/** Flags that say `no` to what is done by default. */
const NEGATED: readonly (readonly [keyof UploadScriptOptions & string, string, string])[] = [
  ['cache', '--no-cache', 'is about what this machine knows to be on the instances'],
  ['sync', '--no-sync', 'is about the fleet of this machine'],
];

/** @throws SpotError `via-flag` (exit 64) for a flag that would mean nothing */
export function refuseWithVia(options: UploadScriptOptions): void {
  const given =
    REFUSED.find(([name]) => options[name] !== undefined && options[name] !== false) ??
    NEGATED.find(([name]) => options[name] === false);
  if (given === undefined) return;
  const [, flag, why] = given;
  throw usageError('via-flag', `${flag} and --via exclude each other: ${flag} ${why}; leave one of them out`);
}
