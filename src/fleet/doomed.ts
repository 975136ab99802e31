import { type Filter, isOfFleet } from '../inventory/select.ts';
import { compileWord } from '../inventory/match.ts';
import { noInstanceError } from '../model/errors.ts';
import { EC2_SOURCE, type Instance, isEnded, labelOf } from '../model/instance.ts';

/** Who is to be terminated. */
export interface Doomed {
  readonly chosen: readonly Instance[];
  /** those that were meant, too, and have ended already */
  readonly ended: readonly Instance[];
  /** those that a word means besides others, and that were added by hand */
  readonly byHand: readonly Instance[];
}

/**
 * Chooses instances from EC2 in any state but an ended one. Every word of the limit must mean one that can be chosen.
 * @param filter without a limit: all
 * @throws SpotError (exit 69) for a word that means no instance, none from EC2, or none of this fleet; (exit 64)
 * `bad-selector`
 */
export function chooseDoomed(fleet: readonly Instance[], filter: Filter): Doomed {
  for (const word of filter.limit) requireMeaning(word, fleet, filter);
  const isMeant = filter.limit.length === 0 ? () => true : anyOf(filter.limit);
  const isSpared = anyOf(filter.exclude);
  const meant = fleet.filter((instance) => isMeant(instance) && !isSpared(instance));
  const ours = meant.filter((instance) => isDestructible(instance, filter));
  return {
    chosen: ours.filter((instance) => !isEnded(instance)),
    ended: ours.filter(isEnded),
    byHand: filter.limit.length === 0 ? [] : meant.filter(({ source }) => source !== EC2_SOURCE),
  };
}

function isDestructible(instance: Instance, { tags = {} }: Filter): boolean {
  return instance.source === EC2_SOURCE && instance.region !== null && isOfFleet(instance, tags);
}

function requireMeaning(word: string, fleet: readonly Instance[], filter: Filter): void {
  const meant = fleet.filter(compileWord(word));
  const [first] = meant;
  if (first === undefined) {
    throw noInstanceError(
      'limit-matches-nothing',
      `--limit ${word} matches no instance; see what there is with: spot list`,
    );
  }
  if (meant.some((instance) => isDestructible(instance, filter))) return;
  const name = labelOf(first);
  const others = meant.length === 1 ? '' : ` (and ${meant.length - 1} more)`;
  if (first.source !== EC2_SOURCE) {
    const message = `${name}${others} was added by hand, and what becomes of its machine is not for spot to say; forget it with: spot remove ${name}`;
    throw noInstanceError('not-from-ec2', message);
  }
  if (first.region === null) {
    const message = `nobody knows in which region ${name}${others} is; look it up with: spot sync`;
    throw noInstanceError('no-region', message);
  }
  const tags = Object.entries(filter.tags ?? {}).map(([key, value]) => `${key}=${value}`);
  const message = `${name}${others} has not the tags of this fleet, ${tags.join(' and ')}; correct them, or aws.tags`;
  throw noInstanceError('other-tags', message);
}

function anyOf(words: readonly string[]): (instance: Instance) => boolean {
  const matchers = words.map(compileWord);
  return (instance) => matchers.some((matches) => matches(instance));
}
