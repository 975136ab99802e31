import { type FilteredSelection, selectInstances } from '../inventory/select.ts';
import { usageError } from '../model/errors.ts';
import type { State } from '../state/state.ts';
import type { SelectionWords } from './api.ts';
import type { ServiceSettings } from './settings.ts';

/** Who deals with it. */
export interface SelectionDeps {
  readonly state: Pick<State, 'instances'>;
  readonly settings: Pick<ServiceSettings, 'tags'>;
}

/**
 * The instances that words mean, of those that are of any concern to the service. A word never names a file: that would be
 * one of this machine.
 * @throws SpotError `bad-selector` (exit 64)
 */
export function selectFleet({ limit, exclude }: SelectionWords, { state, settings }: SelectionDeps): FilteredSelection {
  const file = [...limit, ...exclude].find((word) => word.startsWith('@'));
  if (file !== undefined) {
    const message = `'${file}' would be a file on the machine of the service; send the words that are in it`;
    throw usageError('bad-selector', message);
  }
  return selectInstances(state.instances.list(), { limit, exclude, tags: settings.tags });
}
