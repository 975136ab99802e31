import type { InstanceState } from '../../../../src/model/instance.ts';
import { type Ec2Instance, STATE_CODES } from '../instance.ts';
import { INSTANCE_TYPES } from '../instance-types.ts';
import type { Region } from '../region.ts';
import type { Xml } from '../xml.ts';

/** An instance as DescribeInstances and RunInstances show it. */
export function instanceXml(region: Region, instance: Ec2Instance): Record<string, Xml> {
  const { birth, state, backing } = instance;
  const isGone = state === 'terminated';
  return {
    instanceId: instance.id,
    imageId: birth.imageId,
    instanceState: stateXml(state),
    privateDnsName: isGone ? '' : dnsName(backing?.privateIp ?? null),
    dnsName: '',
    reason: instance.transition,
    keyName: birth.keyName,
    amiLaunchIndex: birth.launchIndex,
    instanceType: birth.instanceType,
    launchTime: birth.launchedAt,
    placement: { availabilityZone: birth.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: isGone ? null : birth.subnetId,
    vpcId: isGone ? null : birth.vpcId,
    privateIpAddress: isGone ? null : backing?.privateIp,
    ipAddress: publicIp(instance),
    groupSet: isGone
      ? []
      : birth.groupIds.map((groupId) => ({ groupId, groupName: region.network.groups.get(groupId)?.name })),
    stateReason: instance.reason === null ? null : { ...instance.reason },
    architecture: architectureOf(region, instance),
    instanceLifecycle: birth.lifecycle === 'spot' ? 'spot' : null,
    spotInstanceRequestId: birth.spotRequestId,
    clientToken: birth.clientToken ?? '',
    tagSet: tagSet(instance.tags),
  };
}

/** Of an instance that runs; the others have none, or have lost it. */
export function publicIp({ state, backing }: Ec2Instance): string | null {
  return state === 'running' ? (backing?.publicIp ?? null) : null;
}

export function stateXml(state: InstanceState): Record<string, Xml> {
  return { code: STATE_CODES[state], name: state };
}

export function tagSet(tags: Readonly<Record<string, string>>): Xml {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

export function architectureOf(region: Region, { birth }: Ec2Instance): string {
  const image = region.images.find(({ id }) => id === birth.imageId);
  return image?.architecture ?? INSTANCE_TYPES.get(birth.instanceType)?.architectures.at(-1) ?? 'x86_64';
}

function dnsName(privateIp: string | null): string {
  return privateIp === null ? '' : `ip-${privateIp.replaceAll('.', '-')}.ec2.internal`;
}
