import { addressOf, EC2_SOURCE } from '../model/instance.ts';
import type { Instance, Selection, Skip } from '../model/instance.ts';
import { compileWord } from './match.ts';

/** Words as `expandSelectors` gives them. */
export interface Filter {
  /** empty: the whole fleet */
  readonly limit: readonly string[];
  readonly exclude: readonly string[];
  /** instances from EC2 that have not all of these tags are of no concern */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A selection that also remembers what came of the words. */
export interface FilteredSelection extends Selection {
  /** the words which match no instance at all */
  readonly unmatched: Filter;
  /** those of `skipped` that a word of the limit means which comes to nothing: all that it matches is not ready */
  readonly notReady: readonly Skip[];
}

/** Reasons to skip, besides the words of `InstanceState`. */
export const SkipReason = {
  /** and in which file */
  notListed: 'not in',
  notSelected: 'not selected by --limit',
  excluded: 'excluded',
  notPicked: 'not picked',
  noAddress: 'no address',
  otherTags: 'other tags than aws.tags',
  /** and since when, and by which run */
  hasIt: 'has it',
} as const;

/**
 * Chooses the instances in state `running` that have an address, narrowed by the filter; each one left out has a
 * reason. A limit never picks an instance that does not run.
 * @throws SpotError `bad-selector` (exit 64)
 */
export function selectInstances(fleet: readonly Instance[], filter: Filter): FilteredSelection {
  const isLimited = anyOf(filter.limit);
  const isExcluded = anyOf(filter.exclude);
  const chosen: Instance[] = [];
  const skipped: Skip[] = [];
  for (const instance of fleet) {
    const inLimit = filter.limit.length === 0 || isLimited(instance);
    const reason = inLimit ? reasonToSkip(instance, isExcluded(instance), filter) : SkipReason.notSelected;
    if (reason === null) chosen.push(instance);
    else skipped.push({ instance, reason });
  }
  const unmatched: Filter = {
    limit: unmatchedWords(fleet, filter.limit),
    exclude: unmatchedWords(fleet, filter.exclude),
  };
  return { chosen, skipped, unmatched, notReady: notReadyOf(chosen, skipped, filter.limit) };
}

/** Who wrote `--exclude` knows of that. */
function notReadyOf(chosen: readonly Instance[], skipped: readonly Skip[], limit: readonly string[]): Skip[] {
  const isMeant = anyOf(limit.filter((word) => !chosen.some(compileWord(word))));
  return skipped.filter(({ instance, reason }) => reason !== SkipReason.excluded && isMeant(instance));
}

function reasonToSkip(instance: Instance, excluded: boolean, { tags = {} }: Filter): string | null {
  if (excluded) return SkipReason.excluded;
  if (instance.state !== 'running') return instance.state;
  if (!isOfFleet(instance, tags)) return SkipReason.otherTags;
  return addressOf(instance) === null ? SkipReason.noAddress : null;
}

/** Whether the tags by which instances from EC2 are found let this one through; one by hand needs none. */
export function isOfFleet({ source, tags }: Instance, wanted: Readonly<Record<string, string>>): boolean {
  return source !== EC2_SOURCE || Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

function anyOf(words: readonly string[]): (instance: Instance) => boolean {
  const matchers = words.map(compileWord);
  return (instance) => matchers.some((matches) => matches(instance));
}

function unmatchedWords(fleet: readonly Instance[], words: readonly string[]): string[] {
  return words.filter((word) => !fleet.some(compileWord(word)));
}
