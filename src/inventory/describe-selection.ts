import { INSTANCE_STATES } from '../model/instance.ts';
import type { Skip } from '../model/instance.ts';
import { plural } from '../util/format.ts';
import { SkipReason } from './select.ts';
import type { FilteredSelection } from './select.ts';

const REASON_ORDER: readonly string[] = [
  SkipReason.notSelected,
  SkipReason.excluded,
  ...INSTANCE_STATES,
  SkipReason.noAddress,
];

/**
 * Says in one line who is in and why the others are not: `12 instances: 9 running, 2 stopped, 1 without an address`.
 * A word of `--exclude` that matches nothing is said too: it may be a slip.
 */
export function describeSelection({ chosen, skipped, unmatched }: FilteredSelection): string {
  const total = plural(chosen.length + skipped.length, 'instance');
  const narrowed = skipped.some(({ reason }) => reason === SkipReason.notSelected || reason === SkipReason.excluded);
  const parts = [`${chosen.length} ${narrowed ? 'selected' : 'running'}`, ...countReasons(skipped)];
  const slip = unmatched.exclude.length === 0 ? '' : ` (--exclude ${unmatched.exclude.join(', ')}: no such instance)`;
  return `${total}: ${parts.join(', ')}${slip}`;
}

/** `2 stopped`, `1 without an address`: one text for each reason that occurs, in a fixed order. */
export function countReasons(skipped: readonly Skip[]): string[] {
  return REASON_ORDER.flatMap((reason) => {
    const count = skipped.filter((skip) => skip.reason === reason).length;
    const words = reason === SkipReason.noAddress ? 'without an address' : reason;
    return count === 0 ? [] : [`${count} ${words}`];
  });
}
