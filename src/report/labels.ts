import type { Instance } from '../model/instance.ts';
import { labelOf } from '../model/instance.ts';
import { harmless } from './text.ts';

type Named = Pick<Instance, 'instanceId' | 'name'>;

/**
 * What each instance of a run is called on screen, by its id. Instances of one fleet often share a name;
 * those get their id behind it: `worker (i-0abc)`.
 */
export function labelInstances(instances: readonly Named[]): ReadonlyMap<string, string> {
  const uses = new Map<string, number>();
  for (const instance of instances) uses.set(labelOf(instance), (uses.get(labelOf(instance)) ?? 0) + 1);
  return new Map(
    instances.map((instance) => {
      const label = labelOf(instance);
      const isShared = (uses.get(label) ?? 0) > 1 && label !== instance.instanceId;
      return [instance.instanceId, harmless(isShared ? `${label} (${instance.instanceId})` : label)];
    }),
  );
}
