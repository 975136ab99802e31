import { INSTANCE_STATES, labelOf } from '../model/instance.ts';
import type { Skip } from '../model/instance.ts';
import { plural } from '../util/format.ts';
import { SkipReason } from './select.ts';
import type { FilteredSelection } from './select.ts';

const REASON_ORDER: readonly string[] = [
  SkipReason.notListed,
  SkipReason.notSelected,
  SkipReason.excluded,
  SkipReason.notPicked,
  ...INSTANCE_STATES,
  SkipReason.otherTags,
  SkipReason.noAddress,
  SkipReason.hasIt,
];

/** Reasons to have left an instance out by choice, not because it is not ready. */
const CHOSEN: readonly string[] = [
  SkipReason.notListed,
  SkipReason.notSelected,
  SkipReason.excluded,
  SkipReason.notPicked,
  SkipReason.otherTags,
  SkipReason.hasIt,
];

/** Many more would fill the screen. */
const MAX_NAMED = 10;

/**
 * Says in one line who is in and why the others are not: `12 instances: 9 running, 2 stopped, 1 without an address`.
 * A word of `--exclude` that matches nothing is said too: it may be a slip.
 */
export function describeSelection({ chosen, skipped, unmatched }: FilteredSelection): string {
  const total = plural(chosen.length + skipped.length, 'instance');
  const narrowed = skipped.some(({ reason }) => CHOSEN.some((kind) => isOf(kind, reason)));
  const parts = [`${chosen.length} ${narrowed ? 'selected' : 'running'}`, ...countReasons(skipped)];
  const slip = unmatched.exclude.length === 0 ? '' : ` (--exclude ${unmatched.exclude.join(', ')}: no such instance)`;
  return `${total}: ${parts.join(', ')}${slip}`;
}

/**
 * Says which instances `--limit` names in vain, or null where there is none: `--limit names an instance that is left
 * out: db-1 (stopped); …`.
 * @param who names them, if it is not `--limit`
 */
export function describeNotReady({ notReady }: FilteredSelection, who = '--limit'): string | null {
  if (notReady.length === 0) return null;
  const named = notReady.slice(0, MAX_NAMED).map(({ instance, reason }) => `${labelOf(instance)} (${reason})`);
  const more = notReady.length > MAX_NAMED ? ` … and ${notReady.length - MAX_NAMED} more` : '';
  const what = notReady.length === 1 ? 'an instance that is' : `${notReady.length} instances that are`;
  return `${who} names ${what} left out: ${named.join(', ')}${more}; see what there is with: spot list`;
}

/** `2 stopped`, `1 without an address`: one text for each reason that occurs, in a fixed order. */
export function countReasons(skipped: readonly Skip[]): string[] {
  return REASON_ORDER.flatMap((reason) => {
    const found = skipped.filter((skip) => isOf(reason, skip.reason));
    const [first] = found;
    if (first === undefined) return [];
    return [`${found.length} ${reason === SkipReason.notListed ? first.reason : wordsFor(reason, found.length)}`];
  });
}

/** Some reasons go on with facts about the instance. */
function isOf(kind: string, reason: string): boolean {
  if (kind === SkipReason.notListed) return reason.startsWith(`${kind} `);
  return reason === kind || reason.startsWith(`${kind} since `);
}

function wordsFor(reason: string, count: number): string {
  if (reason === SkipReason.noAddress) return 'without an address';
  if (reason === SkipReason.hasIt) return count === 1 ? 'has it already' : 'have it already';
  if (reason === SkipReason.otherTags) return `with ${reason}`;
  return reason;
}
