import type { Lifecycle } from '../../../../src/model/instance.ts';
import type { Action, Call } from '../call.ts';
import type { Place } from '../capacity.ts';
import { Ec2Error, invalidValue } from '../error.ts';
import { type Pool, poolsOf } from '../fleet-pools.ts';
import type { Ec2Instance } from '../instance.ts';
import { checkPrice, launch, placeOf, subnetIn } from '../launch.ts';
import type { LaunchSpec } from '../launch-spec.ts';
import type { Subnet } from '../network.ts';
import { type Parameters, tagsFor } from '../parameters.ts';
import type { Region } from '../region.ts';
import { shortage } from '../shortage.ts';
import type { Xml } from '../xml.ts';

interface Fleet {
  readonly id: string;
  readonly lifecycle: Lifecycle;
  readonly filled: readonly { readonly pool: Pool; readonly instances: readonly Ec2Instance[] }[];
  readonly errors: readonly Refused[];
}

/** A pool in one of its zones. */
interface Opening {
  readonly pool: Pool;
  readonly spec: LaunchSpec;
  readonly subnet: Subnet;
  readonly price: number;
}

interface Refused {
  readonly pool: Pool;
  readonly error: Ec2Error;
}

/** Type `instant` alone: it answers with what it launched and with why it is not all, and is no more. */
export const createFleet: Action = (call) => {
  const { region, parameters, fingerprint } = call;
  if (parameters.text('Type') !== 'instant') {
    throw invalidValue('Type', parameters.text('Type') ?? 'maintain', 'this endpoint has instant fleets only');
  }
  const fleet = region.once(parameters.text('ClientToken'), fingerprint, () => filledFleet(call));
  return {
    fleetId: fleet.id,
    errorSet: fleet.errors.map(({ pool, error }) => ({
      launchTemplateAndOverrides: poolXml(pool),
      lifecycle: fleet.lifecycle,
      errorCode: error.code,
      errorMessage: error.message,
    })),
    fleetInstanceSet: fleet.filled.map(({ pool, instances }) => ({
      launchTemplateAndOverrides: poolXml(pool),
      lifecycle: fleet.lifecycle,
      instanceIds: instances.map(({ id }) => id),
      instanceType: instances[0]?.birth.instanceType,
    })),
  };
};

function filledFleet(call: Call): Fleet {
  const { world, region, parameters } = call;
  const target = parameters.struct('TargetCapacitySpecification');
  const lifecycle = target.text('DefaultTargetCapacityType') === 'spot' ? 'spot' : 'on-demand';
  const found = poolsOf(region, parameters, lifecycle).flatMap((pool) => openingsOf(region, pool));
  const openings = inOrder(found.filter(isOpening), optionsOf(call, lifecycle).text('AllocationStrategy'));
  const { takes, short } = shared(call, openings, target.number('TotalTargetCapacity') ?? 0);
  const id = world.newId('fleet');
  const least = optionsOf(call, lifecycle).number('MinTargetCapacity') ?? 0;
  const isEnough = takes.reduce((sum, { count }) => sum + count, 0) >= least;
  const filled = (isEnough ? takes : []).map(({ opening: { pool, spec, subnet }, count }) => {
    const tags = { ...spec.tags, ...tagsFor('instance', parameters), 'aws:ec2:fleet-id': id };
    return { pool, instances: launch(world, region, { ...spec, tags }, { count, subnet, clientToken: null }) };
  });
  return { id, lifecycle, filled, errors: [...found.filter(isRefused), ...short] };
}

function optionsOf({ parameters }: Call, lifecycle: Lifecycle): Parameters {
  return parameters.struct(lifecycle === 'spot' ? 'SpotOptions' : 'OnDemandOptions');
}

interface Shares {
  readonly takes: readonly { readonly opening: Opening; readonly count: number }[];
  /** of the openings that had less room than was wanted */
  readonly short: readonly Refused[];
}

/** Shares the capacity out: the first opening gets as much as it has room for, the next one the rest. */
function shared({ world, region }: Call, openings: readonly Opening[], wanted: number): Shares {
  const takes: { opening: Opening; count: number }[] = [];
  const short: Refused[] = [];
  const taken: Place[] = [];
  for (const opening of openings) {
    const left = wanted - taken.length;
    if (left === 0) break;
    const place = placeOf(region, opening.spec, opening.subnet.zone);
    const count = Math.min(left, world.room(place, taken));
    if (count < left) short.push({ pool: opening.pool, error: shortage(world, region, opening.spec, place.zone) });
    if (count > 0) takes.push({ opening, count });
    taken.push(...Array.from({ length: count }, () => place));
  }
  return { takes, short };
}

/** In every zone that the pool may use, or why it can be used in none. */
function openingsOf(region: Region, pool: Pool): (Opening | Refused)[] {
  const { spec } = pool;
  if (spec instanceof Ec2Error) return [{ pool, error: spec }];
  const zone = spec.subnet?.zone ?? spec.zone;
  return (zone === null ? region.zones : [zone]).map((name) => {
    try {
      checkPrice(region, spec, name);
      return { pool, spec, subnet: subnetIn(region, spec, name), price: region.spotPrice(spec.type, name) };
    } catch (error) {
      if (error instanceof Ec2Error) return { pool, error };
      throw error;
    }
  });
}

function isOpening(found: Opening | Refused): found is Opening {
  return 'spec' in found;
}

function isRefused(found: Opening | Refused): found is Refused {
  return 'error' in found;
}

/** Strategies with `prioritized` go by the priority of the overrides, all others by the price. */
function inOrder(openings: readonly Opening[], strategy: string | null): Opening[] {
  const byPriority = strategy?.endsWith('prioritized') === true;
  return [...openings].sort((a, b) => (byPriority ? a.pool.priority - b.pool.priority : a.price - b.price));
}

function poolXml({ template, override }: Pool): Xml {
  return {
    launchTemplateSpecification: { launchTemplateId: template.id, version: '1' },
    overrides: {
      instanceType: override['InstanceType'],
      availabilityZone: override['AvailabilityZone'],
      subnetId: override['SubnetId'],
      maxPrice: override['MaxPrice'],
      priority: override['Priority'],
      imageId: override['ImageId'],
    },
  };
}
