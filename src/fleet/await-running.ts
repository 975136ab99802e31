import type { Cloud } from '../inventory/cloud.ts';
import { addressOf, EC2_SOURCE, type Instance, isEnded, newInstance } from '../model/instance.ts';
import type { State } from '../state/state.ts';
import { backOff } from '../util/back-off.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import type { CreateSubscriber } from './create-event.ts';
import { mergeSight, type Sight } from './merge.ts';
import type { Ordered } from './order-instances.ts';
import { isNewborn } from './sync.ts';

export interface AwaitDeps {
  readonly cloud: Pick<Cloud, 'describe' | 'fates'>;
  readonly state: Pick<State, 'instances'>;
  readonly emit: CreateSubscriber;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** ms */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What became of the instances of a creation, each in one of the lists. */
export interface Arrivals {
  /** they run and have an address */
  readonly running: readonly Instance[];
  readonly ended: readonly Instance[];
  /** ids of those that time was too short for */
  readonly pending: readonly string[];
}

/**
 * Looks at instances until each of them runs or has ended. One that EC2 does not know yet is looked for again.
 * @throws SpotError of the cloud; the signal's reason
 */
export async function awaitRunning(ordered: readonly Ordered[], deps: AwaitDeps): Promise<Arrivals> {
  const startedAt = deps.clock.now();
  const settled = new Map<string, Instance>();
  const pendingOf = (): Ordered[] => ordered.filter(({ instanceId }) => !settled.has(instanceId));
  for (let looks = 1; ; looks += 1) {
    for (const instance of await look(pendingOf(), deps)) {
      const ms = deps.clock.now() - startedAt;
      if (isEnded(instance)) deps.emit({ type: 'ended', instance });
      else if (isUp(instance)) deps.emit({ type: 'running', instance, ms });
      else continue;
      settled.set(instance.instanceId, instance);
    }
    const pending = pendingOf();
    deps.emit({ type: 'waiting', pending: pending.length, running: [...settled.values()].filter(isUp).length });
    if (pending.length === 0 || deps.clock.now() - startedAt >= deps.timeoutMs) break;
    await backOff(looks, deps.random, deps.signal);
  }
  const inOrder = ordered.map(({ instanceId }) => settled.get(instanceId)).filter((one) => one !== undefined);
  return {
    running: inOrder.filter((instance) => !isEnded(instance)),
    ended: inOrder.filter(isEnded),
    pending: pendingOf().map(({ instanceId }) => instanceId),
  };
}

/** One call a region; of one that EC2 does not know after a while it says that it is terminated. */
async function look(pending: readonly Ordered[], { cloud, state, clock }: AwaitDeps): Promise<Instance[]> {
  const regions = [...new Set(pending.map(({ region }) => region))];
  const looks = regions.map(async (region) => {
    const ids = pending.filter((one) => one.region === region).map(({ instanceId }) => instanceId);
    makeKnown(ids, region, state, clock);
    const at = isoTime(clock.now());
    const instances = await cloud.describe(region, {}, ids);
    const missing = ids.filter((id) => !instances.some(({ instanceId }) => instanceId === id));
    const old = missing.filter((id) => isOld(id, state, clock));
    const gone = old.length === 0 ? [] : await cloud.fates(region, old);
    return record({ region, at, instances, gone: gone.filter(isEnded), prices: new Map() }, state);
  });
  return (await Promise.all(looks)).flat();
}

function isOld(instanceId: string, { instances }: AwaitDeps['state'], clock: Clock): boolean {
  const known = instances.find(instanceId);
  return known !== null && !isNewborn(known, clock);
}

/** Somebody may have removed their rows. */
function makeKnown(ids: readonly string[], region: string, { instances }: AwaitDeps['state'], clock: Clock): void {
  const unknown = ids.filter((id) => instances.find(id) === null);
  const now = isoTime(clock.now());
  instances.add(unknown.map((id) => newInstance(id, { source: EC2_SOURCE, region, state: 'pending' }, now)));
}

/** Brings their rows up to date, as `spot sync` does. @returns those of EC2's, as they are now */
function record(sight: Sight, { instances }: AwaitDeps['state']): Instance[] {
  const rows: Instance[] = [];
  const seen = new Map(sight.instances.map((instance) => [instance.instanceId, instance]));
  const fates = new Map(sight.gone.map((fate) => [fate.instanceId, fate]));
  instances.revise([...seen.keys(), ...fates.keys()], (known) => {
    const [one, fate] = [seen.get(known.instanceId), fates.get(known.instanceId)];
    const own = { ...sight, instances: one === undefined ? [] : [one], gone: fate === undefined ? [] : [fate] };
    const { changed, gone, unchanged } = mergeSight([known], own);
    const [row] = [...changed, ...gone, ...unchanged];
    if (row !== undefined) rows.push(row);
    return row ?? known;
  });
  return rows;
}

/** EC2 may say that it runs before it has an address. */
function isUp(instance: Instance): boolean {
  return instance.state === 'running' && addressOf(instance) !== null;
}
