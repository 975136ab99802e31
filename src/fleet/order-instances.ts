import type { Cloud, LaunchOrder } from '../inventory/cloud.ts';
import type { Creation, CreationOrder, LaunchSettings, LaunchPlace } from '../model/creation.ts';
import { CREATION_TAG } from '../model/creation.ts';
import { EC2_SOURCE, type Instance, newInstance } from '../model/instance.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import type { CreateSubscriber } from './create-event.ts';
import { hasMorePlaces, isSamePlace, placesIn } from './launch-places.ts';

export interface OrderDeps {
  readonly cloud: Pick<Cloud, 'launch' | 'zones'>;
  /** what a call in a region takes */
  readonly settings: (region: string) => Promise<LaunchSettings>;
  /** what the digest of the request is about */
  readonly userData: Buffer | null;
  /** where it is written down; each call is durable when it returns */
  readonly record: {
    ordered(id: string, order: CreationOrder): void;
    answered(id: string, order: CreationOrder, instances: readonly Instance[]): void;
  };
  readonly emit: CreateSubscriber;
  readonly clock: Clock;
  /** aborted: nothing more is asked for */
  readonly signal: AbortSignal;
}

/** An instance that EC2 has promised. */
export interface Ordered {
  readonly instanceId: string;
  readonly region: string;
}

/**
 * Asks for instances, place by place, until there are as many as wanted or no place is left. What was answered before is
 * not asked for again; a call that was written down and has no answer is repeated as it was.
 * @returns all instances of the creation, those of earlier clients, too
 * @throws SpotError of the cloud; the signal's reason
 */
export async function orderInstances(creation: Creation, deps: OrderDeps): Promise<Ordered[]> {
  const { count } = creation.request;
  const orders = new Orders(creation);
  if (orders.created.length >= count) return orders.created;
  let last: { readonly place: LaunchPlace; readonly shortages: readonly string[] } | null = null;
  for await (const place of placesOf(creation, deps)) {
    const known = orders.at(place);
    if (known !== null && known.instanceIds !== null) continue;
    deps.signal.throwIfAborted();
    if (last !== null) deps.emit({ type: 'short', ...last, created: orders.created.length, next: place });
    const order = known ?? (await orders.add(place, deps));
    last = { place, shortages: await orders.carryOut(order, deps) };
    if (orders.created.length >= count) return orders.created;
  }
  if (last !== null) deps.emit({ type: 'short', ...last, created: orders.created.length, next: null });
  return orders.created;
}

/** The zones of a region are asked for when they are needed first. */
async function* placesOf({ request }: Creation, { cloud }: OrderDeps): AsyncGenerator<LaunchPlace> {
  for (const region of request.regions) {
    yield* placesIn(region, request, []);
    if (hasMorePlaces(request)) yield* placesIn(region, request, await cloud.zones(region)).slice(1);
  }
}

/** The orders of a creation, as they are written down. */
class Orders {
  readonly #creation: Creation;
  readonly #orders: CreationOrder[];

  constructor(creation: Creation) {
    this.#creation = creation;
    this.#orders = [...creation.orders];
  }

  get created(): Ordered[] {
    return this.#orders.flatMap(({ place: { region }, instanceIds }) =>
      (instanceIds ?? []).map((instanceId) => ({ instanceId, region })),
    );
  }

  at(place: LaunchPlace): CreationOrder | null {
    return this.#orders.find((order) => isSamePlace(order.place, place)) ?? null;
  }

  /** An order for all that is missing. */
  async add(place: LaunchPlace, { settings, record }: OrderDeps): Promise<CreationOrder> {
    const { id, request } = this.#creation;
    const order: CreationOrder = {
      place,
      settings: await settings(place.region),
      count: request.count - this.created.length,
      clientToken: `spot-${id}-${this.#orders.length + 1}`,
      instanceIds: null,
    };
    record.ordered(id, order);
    this.#orders.push(order);
    return order;
  }

  /** @returns why it is not all of them */
  async carryOut(order: CreationOrder, deps: OrderDeps): Promise<readonly string[]> {
    const { id } = this.#creation;
    deps.emit({ type: 'ordering', place: order.place, count: order.count });
    const launched = await deps.cloud.launch(this.#callOf(order, deps.userData));
    const answered = { ...order, instanceIds: launched.instanceIds };
    deps.record.answered(id, answered, this.#instancesOf(answered, isoTime(deps.clock.now())));
    this.#orders[this.#orders.indexOf(order)] = answered;
    for (const message of launched.leftovers) deps.emit({ type: 'warning', message });
    return launched.shortages;
  }

  #callOf({ place, settings, count, clientToken }: CreationOrder, userData: Buffer | null): LaunchOrder {
    const { lifecycle, maxPrice, subnetId } = this.#creation.request;
    const { imageId, keyName, securityGroupId } = settings;
    const what = { lifecycle, maxPrice, subnetId, imageId, keyName, securityGroupId, userData };
    return { ...place, ...what, count, clientToken, tags: this.#tags };
  }

  get #tags(): Readonly<Record<string, string>> {
    return { ...this.#creation.request.tags, [CREATION_TAG]: this.#creation.id };
  }

  /** As much as is known of them before they are seen. */
  #instancesOf({ place, settings, instanceIds }: CreationOrder, now: string): Instance[] {
    const { region, availabilityZone, instanceTypes } = place;
    const { lifecycle, tags } = this.#creation.request;
    const [instanceType = null] = instanceTypes.length === 1 ? instanceTypes : [];
    const where = { source: EC2_SOURCE, region, availabilityZone, instanceType, lifecycle };
    const what = { state: 'pending', name: tags['Name'] ?? null, sshUser: settings.sshUser, tags: this.#tags } as const;
    return (instanceIds ?? []).map((instanceId) => newInstance(instanceId, { ...where, ...what }, now));
  }
}
