import type { Success } from '../state/history.ts';
import { type FilteredSelection, SkipReason } from './select.ts';

/** The selection without the instances that have got what was asked for before. */
export function onlyMissing(selection: FilteredSelection, successes: readonly Success[]): FilteredSelection {
  const had = new Map(successes.map((success) => [success.instanceId, success]));
  const reasonOf = ({ finishedAt, runId }: Success): string =>
    `${SkipReason.hasIt} since ${finishedAt.slice(0, 16).replace('T', ' ')} UTC (run ${runId})`;
  const skipped = selection.chosen.flatMap((instance) => {
    const success = had.get(instance.instanceId);
    return success === undefined ? [] : [{ instance, reason: reasonOf(success) }];
  });
  return {
    ...selection,
    chosen: selection.chosen.filter(({ instanceId }) => !had.has(instanceId)),
    skipped: [...selection.skipped, ...skipped],
  };
}
