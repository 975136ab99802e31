import type { Cloud, CloudInstance, Tags } from '../inventory/cloud.ts';
import { SpotError } from '../model/errors.ts';
import { EC2_SOURCE, type Instance, isEnded } from '../model/instance.ts';
import type { State } from '../state/state.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { type Merged, mergeSight, priceKey, type Sight } from './merge.ts';
import type { Place } from './places.ts';

/** EC2 takes a while until all of it knows an instance that was just made; that one is not called terminated. */
const BIRTH_MS = 2 * 60_000;

export interface SyncRequest {
  readonly places: readonly Place[];
  /** instances without them are not found; those that are known are kept up to date all the same */
  readonly tags: Tags;
  /** asks what spot instances cost, too */
  readonly withPrices: boolean;
}

/** What became of one region; where there is a problem nothing was written. */
export interface RegionSync extends Merged {
  readonly region: string;
  readonly ms: number;
  /** why the region could not be looked at */
  readonly problem: SpotError | null;
  /** why there are no prices; all else is there */
  readonly priceProblem: SpotError | null;
}

interface Surroundings {
  readonly cloud: Pick<Cloud, 'describe' | 'fates' | 'spotPrices'>;
  readonly state: Pick<State, 'instances' | 'syncs'>;
  readonly clock: Clock;
}

/**
 * Looks regions up, all at once, and brings the state up to date, each region in one transaction. One that cannot be
 * looked at does not spoil the others: its instances stay as they were seen last.
 * @returns one for each place, in their order
 */
export async function syncFleet(request: SyncRequest, surroundings: Surroundings): Promise<RegionSync[]> {
  const results = await Promise.allSettled(request.places.map((place) => syncPlace(place, request, surroundings)));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function syncPlace(place: Place, request: SyncRequest, surroundings: Surroundings): Promise<RegionSync> {
  const { state, clock } = surroundings;
  const startedAt = clock.now();
  const result = { region: place.region, problem: null, priceProblem: null };
  const look = await lookAt(place, request, surroundings);
  if (look instanceof SpotError) {
    const nothing = { added: [], changed: [], gone: [], unchanged: [], byHand: [] };
    return { ...result, ...nothing, problem: look, ms: clock.now() - startedAt };
  }
  const merged = state.syncs.record(place.region, look.at, (fleet, write) => {
    const { byHand, ...rows } = mergeSight(fleet, look);
    for (const instance of Object.values(rows).flat()) write(instance);
    return { ...rows, byHand };
  });
  return { ...result, ...merged, priceProblem: look.priceProblem, ms: clock.now() - startedAt };
}

type Look = Sight & Pick<RegionSync, 'priceProblem'>;

async function lookAt(place: Place, request: SyncRequest, surroundings: Surroundings): Promise<Look | SpotError> {
  const { cloud, state, clock } = surroundings;
  const { region } = place;
  const at = isoTime(clock.now());
  const fleet = state.instances.list();
  return orProblem(async () => {
    const found = place.isKnownOnly ? [] : await cloud.describe(region, request.tags, []);
    const missing = missingFrom(found, region, fleet);
    const fates = missing.length === 0 ? [] : await cloud.fates(region, idsOf(missing));
    const there = fates.filter((fate) => !isEnded(fate));
    // the tags of these have changed, or they are not looked for here: they are kept up to date
    const others = there.length === 0 ? [] : await cloud.describe(region, {}, idsOf(there));
    const instances = [...found, ...others];
    const newborn = new Set(idsOf(missing.filter((instance) => isNewborn(instance, clock))));
    const gone = fates.filter((fate) => isEnded(fate) && !newborn.has(fate.instanceId));
    return { region, at, instances, gone, ...(await pricesFor(region, instances, request, cloud)) };
  });
}

function missingFrom(found: readonly CloudInstance[], region: string, fleet: readonly Instance[]): Instance[] {
  const isFound = new Set(idsOf(found));
  return fleet.filter(
    (instance) =>
      instance.source === EC2_SOURCE &&
      instance.region === region &&
      instance.state !== 'terminated' &&
      !isFound.has(instance.instanceId),
  );
}

export function isNewborn({ createdAt }: Pick<Instance, 'createdAt'>, clock: Clock): boolean {
  return clock.now() - Date.parse(createdAt) < BIRTH_MS;
}

function idsOf(instances: readonly Pick<Instance, 'instanceId'>[]): string[] {
  return instances.map(({ instanceId }) => instanceId);
}

async function pricesFor(
  region: string,
  instances: readonly CloudInstance[],
  { withPrices }: SyncRequest,
  cloud: Surroundings['cloud'],
): Promise<Pick<Look, 'prices' | 'priceProblem'>> {
  const spots = instances.filter((instance) => instance.lifecycle === 'spot' && !isEnded(instance));
  const types = new Set(spots.map(({ instanceType }) => instanceType).filter((type) => type !== null));
  if (!withPrices || types.size === 0) return { prices: new Map(), priceProblem: null };
  const found = await orProblem(() => cloud.spotPrices(region, [...types]));
  if (found instanceof SpotError) return { prices: new Map(), priceProblem: found };
  const prices = found.map(
    (price) => [priceKey(price.instanceType, price.availabilityZone), price.hourlyPrice] as const,
  );
  return { prices: new Map(prices), priceProblem: null };
}

/** What a cloud cannot do is told; anything else is a mistake of ours. */
async function orProblem<T>(work: () => Promise<T>): Promise<T | SpotError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SpotError) return error;
    throw error;
  }
}
