import { noInstanceError } from '../model/errors.ts';
import type { SpotError } from '../model/errors.ts';
import type { Skip } from '../model/instance.ts';
import { countReasons } from './describe-selection.ts';
import { SkipReason } from './select.ts';
import type { FilteredSelection } from './select.ts';

/**
 * Makes sure that there is something to run on, and that every word of `--limit` means something: who names three
 * instances must not be told of success on two.
 * @param statePath of the state file, for the message
 * @throws SpotError (exit 69), with a sentence of its own for each cause
 */
export function requireTargets(selection: FilteredSelection, statePath: string): void {
  const { chosen, skipped, unmatched } = selection;
  if (chosen.length + skipped.length === 0) {
    throw noInstanceError('no-instance', `there is no instance in ${statePath}; add one with: spot add user@host`);
  }
  if (unmatched.limit.length > 0) throw limitMatchesNothing(unmatched.limit);
  if (chosen.length === 0) throw nothingReady(skipped);
}

function limitMatchesNothing(words: readonly string[]): SpotError {
  const verb = words.length === 1 ? 'matches' : 'match';
  const message = `--limit ${words.join(', ')} ${verb} no instance; see what there is with: spot list`;
  return noInstanceError('limit-matches-nothing', message);
}

function nothingReady(skipped: readonly Skip[]): SpotError {
  const isMeant = ({ reason }: Skip): boolean =>
    reason !== SkipReason.notSelected && !reason.startsWith(`${SkipReason.notListed} `);
  const inLimit = skipped.filter(isMeant);
  const wanted = inLimit.filter(({ reason }) => reason !== SkipReason.excluded);
  const counts = countReasons(wanted).join(', ');
  const instance = wanted.length === skipped.length ? 'instance' : 'selected instance';
  if (wanted.length === 0) {
    const message = `--exclude leaves no instance (${countReasons(inLimit).join(', ')}); exclude less, or see what there is with: spot list`;
    return noInstanceError('all-excluded', message);
  }
  if (wanted.every(({ reason }) => reason === SkipReason.otherTags)) {
    const message = `no ${instance} has the tags of the fleet (${counts}); correct them, or aws.tags`;
    return noInstanceError('none-with-tags', message);
  }
  if (wanted.some(({ reason }) => reason === SkipReason.otherTags)) {
    return noInstanceError('none-ready', `no ${instance} is ready (${counts}); see them with: spot list`);
  }
  if (wanted.every(({ reason }) => reason === SkipReason.noAddress)) {
    const message = `no running ${instance} has an address (${counts}); give it one with: spot set <instance> --address <host>`;
    return noInstanceError('none-with-address', message);
  }
  if (wanted.some(({ reason }) => reason === SkipReason.noAddress)) {
    const message = `no ${instance} is both running and has an address (${counts}); see them with: spot list`;
    return noInstanceError('none-ready', message);
  }
  const message = `no ${instance} is running (${counts}); start one, or correct its state with: spot set <instance> --state running`;
  return noInstanceError('none-running', message);
}
