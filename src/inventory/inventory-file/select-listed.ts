import type { Instance, Skip } from '../../model/instance.ts';
import { type Filter, type FilteredSelection, selectInstances, SkipReason } from '../select.ts';
import type { Roster } from './roster.ts';

/**
 * As `selectInstances`, of the members of a roster; everybody else is left out for that reason. Without a limit the file
 * itself names the members, so those that are not ready are told of.
 * @throws SpotError `bad-selector` (exit 64)
 */
export function selectListed(
  fleet: readonly Instance[],
  filter: Filter,
  { members, label }: Roster,
): FilteredSelection {
  const selection = selectInstances([...members.values()], filter);
  const others = fleet.filter(({ instanceId }) => !members.has(instanceId));
  const reason = `${SkipReason.notListed} ${label}`;
  const notReady = filter.limit.length > 0 ? selection.notReady : selection.skipped.filter(isNotReady);
  return {
    ...selection,
    skipped: [...selection.skipped, ...others.map((instance) => ({ instance, reason }))],
    notReady,
  };
}

/** Who wrote `--exclude` knows of that. */
function isNotReady({ reason }: Skip): boolean {
  return reason !== SkipReason.excluded;
}
