import { destroyInstances } from '../fleet/destroy.ts';
import type { Cloud } from '../inventory/cloud.ts';
import type { Instance } from '../model/instance.ts';
import type { OutcomeKind } from '../model/outcome.ts';
import { harmless } from '../report/text.ts';
import type { State } from '../state/state.ts';
import { plural } from '../util/format.ts';
import type { Io } from './io.ts';
import { namesAndIds } from './several.ts';

/** By these a payload did not get through, and nobody stopped it. */
const FAILED: readonly OutcomeKind[] = ['failed', 'killed', 'timed-out', 'unreachable', 'rejected', 'lost'];

/** Has EC2 terminate the instances on which the payload failed; what they were is on record. */
export async function terminateFailed(
  instances: readonly Instance[],
  outcomes: ReadonlyMap<string, OutcomeKind>,
  { cloud, state, io }: { readonly cloud: Cloud; readonly state: State; readonly io: Io },
): Promise<void> {
  const failed = instances.filter(({ instanceId }) => {
    const outcome = outcomes.get(instanceId);
    return outcome !== undefined && FAILED.includes(outcome);
  });
  if (failed.length === 0) return;
  const ends = await destroyInstances(failed, {
    cloud,
    state,
    clock: io.clock,
    // that EC2 has taken the order is enough
    patienceMs: 0,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const gone = ends.filter(({ isOrdered }) => isOrdered).map(({ instance }) => instance);
  const which = `${plural(gone.length, 'instance')} on which the payload failed: ${namesAndIds(gone)}`;
  if (gone.length > 0) io.stderr.write(`spot: terminated ${which}\n`);
  for (const message of new Set(ends.flatMap(({ problem }) => problem?.message ?? []))) {
    io.stderr.write(`spot: not terminated: ${harmless(message)}\n`);
  }
}
