import type { InstanceState } from '../../../src/model/instance.ts';
import type { Backing } from './hosts.ts';
import { type Birth, Ec2Instance } from './instance.ts';
import { INSTANCE_TYPES } from './instance-types.ts';
import { CANONICAL } from './images.ts';
import { spotStatus } from './spot-request.ts';
import type { World } from './world.ts';

/** An instance that is there before the test begins; what is left out is as ordinary as it can be. */
export interface Seed extends Partial<Birth> {
  /** `running` by default */
  readonly state?: InstanceState;
  readonly tags?: Readonly<Record<string, string>>;
  /** null: none. Where neither address is given, the endpoint's `hosts` give the machine */
  readonly publicIp?: string | null;
  readonly privateIp?: string | null;
  /** a line of a `.pub` file that its machine lets in */
  readonly publicKey?: string | null;
  readonly console?: string;
}

/** @throws Error for a region or zone that the endpoint does not have */
export function seed(world: World, wanted: Seed): Ec2Instance {
  const { state = 'running', tags = {}, publicIp, privateIp, publicKey = null, console = null, ...rest } = wanted;
  const instance = new Ec2Instance(birthOf(world, rest), tags);
  instance.enter(state);
  instance.console = console;
  instance.backing = backingOf(world, instance, { publicIp, privateIp }, publicKey);
  const region = world.region(instance.birth.region);
  region.instances.set(instance.id, instance);
  const { spotRequestId, launchedAt, instanceType } = instance.birth;
  if (spotRequestId === null) return instance;
  region.spotRequests.set(spotRequestId, {
    id: spotRequestId,
    instance,
    maxPrice: (INSTANCE_TYPES.get(instanceType)?.onDemand ?? 1).toFixed(6),
    createdAt: launchedAt,
    tags: {},
    state: 'active',
    status: spotStatus('fulfilled', launchedAt),
  });
  return instance;
}

function birthOf(world: World, known: Partial<Birth>): Birth {
  const region = world.region(known.region ?? 'us-east-1');
  const zone = known.zone ?? `${region.name}a`;
  const subnet = region.network.defaultSubnet(zone);
  const lifecycle = known.lifecycle ?? 'spot';
  return {
    instanceId: world.newId('i'),
    reservationId: world.newId('r'),
    launchIndex: 0,
    region: region.name,
    zone,
    instanceType: 't3.micro',
    imageId: region.images.find(({ ownerId }) => ownerId === CANONICAL)?.id ?? world.newId('ami'),
    lifecycle,
    spotRequestId: lifecycle === 'spot' ? world.newId('sir') : null,
    keyName: null,
    groupIds: [],
    subnetId: subnet?.id ?? world.newId('subnet'),
    vpcId: subnet?.vpcId ?? world.newId('vpc'),
    clientToken: null,
    userData: null,
    launchedAt: new Date(),
    ...known,
  };
}

interface Addresses {
  readonly publicIp: string | null | undefined;
  readonly privateIp: string | null | undefined;
}

/** Only what is or will be up has a machine. */
function backingOf(world: World, instance: Ec2Instance, at: Addresses, publicKey: string | null): Backing | null {
  const { publicIp, privateIp } = at;
  if (publicIp !== undefined || privateIp !== undefined) {
    return { publicIp: publicIp ?? null, privateIp: privateIp ?? null };
  }
  return ['pending', 'running'].includes(instance.state) ? world.hosts(instance, publicKey) : null;
}
