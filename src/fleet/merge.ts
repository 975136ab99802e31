import { isDeepStrictEqual } from 'node:util';
import type { CloudInstance } from '../inventory/cloud.ts';
import type { Fate } from '../model/fate.ts';
import { EC2_SOURCE, type Instance, isEnded, newInstance } from '../model/instance.ts';

/** What a look at a region has shown. */
export interface Sight {
  readonly region: string;
  /** when it was asked for, ISO 8601, UTC */
  readonly at: string;
  readonly instances: readonly CloudInstance[];
  /** of known instances that are not among them any more */
  readonly gone: readonly Fate[];
  /** US dollars an hour, by `priceKey`; of what is not in it nothing new is known */
  readonly prices: ReadonlyMap<string, number>;
}

/** What it means for the fleet. */
export interface Merged {
  readonly added: readonly Instance[];
  readonly changed: readonly Instance[];
  /** those that are ended now and were not before */
  readonly gone: readonly Instance[];
  readonly unchanged: readonly Instance[];
  /** rows of other sources with the id of one that was seen: they are left as they are */
  readonly byHand: readonly Instance[];
}

export function priceKey(instanceType: string, availabilityZone: string): string {
  return `${instanceType} ${availabilityZone}`;
}

/**
 * Brings rows up to date with what was seen. What only this program or its user knows stays: host key, SSH user and
 * port, payload status, and a name that no tag gives. An ended instance that was not known is of no interest, and of two
 * looks at an instance the later one counts.
 */
export function mergeSight(fleet: readonly Instance[], sight: Sight): Merged {
  const lists: Record<keyof Merged, Instance[]> = { added: [], changed: [], gone: [], unchanged: [], byHand: [] };
  const rows = new Map(fleet.map((instance) => [instance.instanceId, instance]));
  const sort = (known: Instance | undefined, after: Instance): void => {
    if (known !== undefined && known.source !== EC2_SOURCE) lists.byHand.push(known);
    else if (known !== undefined && (known.seenAt ?? '') > sight.at) lists.unchanged.push(known);
    else if (known !== undefined || !isEnded(after)) lists[kindOfChange(known, after)].push(after);
  };
  for (const seen of sight.instances) {
    const known = rows.get(seen.instanceId);
    sort(known, asSeen(known, seen, sight));
  }
  for (const fate of sight.gone) {
    const known = rows.get(fate.instanceId);
    if (known !== undefined) sort(known, asEnded(known, fate, sight.at));
  }
  return lists;
}

function kindOfChange(before: Instance | undefined, after: Instance): keyof Merged {
  if (before === undefined) return 'added';
  if (isEnded(after) && !isEnded(before)) return 'gone';
  return after.updatedAt === before.updatedAt ? 'unchanged' : 'changed';
}

function asSeen(before: Instance | undefined, seen: CloudInstance, { at, prices }: Sight): Instance {
  const known = before ?? newInstance(seen.instanceId, { source: EC2_SOURCE }, at);
  const { region, availabilityZone, instanceType, state, publicIp, privateIp, lifecycle, launchedAt, tags } = seen;
  const told = { region, availabilityZone, instanceType, state, publicIp, privateIp, lifecycle, launchedAt, tags };
  const after = { ...known, ...told, name: nameOf(known, tags), stateReason: seen.reason || null };
  const price = prices.get(priceKey(instanceType ?? '', availabilityZone ?? ''));
  const isPriced = lifecycle === 'spot' && price !== undefined;
  return {
    ...after,
    hourlyPrice: isPriced ? price : known.hourlyPrice,
    seenAt: at,
    updatedAt: isDeepStrictEqual(after, known) ? known.updatedAt : at,
  };
}

/** The tag's, or one that was given here; a name that came from a tag goes with it. */
function nameOf(known: Instance, tags: CloudInstance['tags']): string | null {
  const tag = tags['Name'] || null;
  return tag ?? (known.name === (known.tags['Name'] ?? null) ? null : known.name);
}

/** Addresses of a terminated instance may belong to another one by now. */
export function asEnded(known: Instance, { state, reason }: Pick<Fate, 'state' | 'reason'>, at: string): Instance {
  const addresses = state === 'terminated' ? { publicIp: null, privateIp: null } : {};
  const after = { ...known, state, stateReason: reason || known.stateReason, ...addresses };
  return isDeepStrictEqual(after, known) ? known : { ...after, updatedAt: at };
}
