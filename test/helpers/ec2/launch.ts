import type { Place } from './capacity.ts';
import { Ec2Error } from './error.ts';
import { Ec2Instance } from './instance.ts';
import type { LaunchSpec } from './launch-spec.ts';
import type { Subnet } from './network.ts';
import type { Region } from './region.ts';
import { spotStatus } from './spot-request.ts';
import type { World } from './world.ts';

export interface LaunchOptions {
  readonly count: number;
  readonly subnet: Subnet;
  readonly clientToken: string | null;
}

/** Makes instances of one reservation, each with a machine of its own. */
export function launch(world: World, region: Region, spec: LaunchSpec, options: LaunchOptions): Ec2Instance[] {
  const reservationId = world.newId('r');
  return Array.from({ length: options.count }, (_, launchIndex) => {
    const { subnet, clientToken } = options;
    const birth = {
      instanceId: world.newId('i'),
      reservationId,
      launchIndex,
      region: region.name,
      zone: subnet.zone,
      instanceType: spec.type.name,
      imageId: spec.image.id,
      lifecycle: spec.lifecycle,
      spotRequestId: spec.lifecycle === 'spot' ? world.newId('sir') : null,
      keyName: spec.keyName,
      groupIds: groupIdsOf(region, spec, subnet),
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      clientToken,
      userData: spec.userData,
      launchedAt: new Date(),
    };
    return furnish(world, region, new Ec2Instance(birth, spec.tags), spec);
  });
}

/** Where an instance of a spec stands in a zone. */
export function placeOf(region: Region, spec: LaunchSpec, zone: string): Place {
  return { region: region.name, zone, instanceType: spec.type.name, lifecycle: spec.lifecycle };
}

/**
 * The subnet that a spec comes to in a zone.
 * @throws Ec2Error where the region has no default VPC and the spec no subnet
 */
export function subnetIn(region: Region, spec: LaunchSpec, zone: string): Subnet {
  const subnet = spec.subnet ?? region.network.defaultSubnet(zone);
  if (subnet !== null) return subnet;
  throw new Ec2Error(
    'VPCIdNotSpecified',
    'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
  );
}

/** @throws Ec2Error SpotMaxPriceTooLow */
export function checkPrice(region: Region, spec: LaunchSpec, zone: string): void {
  const current = region.spotPrice(spec.type, zone);
  if (spec.lifecycle !== 'spot' || spec.maxPrice === null || spec.maxPrice >= current) return;
  throw new Ec2Error(
    'SpotMaxPriceTooLow',
    `Your Spot request price of ${spec.maxPrice} is lower than the minimum required Spot request fulfillment price of ${current}.`,
  );
}

function furnish(world: World, region: Region, instance: Ec2Instance, spec: LaunchSpec): Ec2Instance {
  const { spotRequestId, launchedAt } = instance.birth;
  instance.enter('pending', { state: 'running', after: world.pace.pending });
  instance.hideFor(world.pace.hiddenCalls);
  instance.backing = world.hosts(instance, publicKeyOf(region, spec.keyName));
  region.instances.set(instance.id, instance);
  if (spotRequestId === null) return instance;
  region.spotRequests.set(spotRequestId, {
    id: spotRequestId,
    instance,
    maxPrice: (spec.maxPrice ?? spec.type.onDemand).toFixed(6),
    createdAt: launchedAt,
    tags: { ...spec.spotTags },
    state: 'active',
    status: spotStatus('fulfilled', launchedAt),
  });
  return instance;
}

function publicKeyOf(region: Region, keyName: string | null): string | null {
  return keyName === null ? null : (region.keyPairs.get(keyName)?.publicKey ?? null);
}

/** @throws Ec2Error where a group belongs to another VPC than the subnet */
function groupIdsOf(region: Region, spec: LaunchSpec, subnet: Subnet): string[] {
  const { groups } = spec;
  if (groups.some(({ vpcId }) => vpcId !== subnet.vpcId)) {
    throw new Ec2Error('InvalidParameter', 'Security group and subnet belong to different networks.');
  }
  if (groups.length > 0) return groups.map(({ id }) => id);
  const standard = region.network.groupNamed('default', subnet.vpcId);
  return standard === null ? [] : [standard.id];
}
