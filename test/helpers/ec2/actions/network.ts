import type { Action } from '../call.ts';
import { notFound } from '../error.ts';
import { filtered } from '../filters.ts';
import type { Subnet, Vpc } from '../network.ts';
import { pageOf } from '../paging.ts';
import { OWNER } from '../region.ts';

export const describeAvailabilityZones: Action = ({ region, parameters }) => {
  const names = parameters.texts('ZoneName');
  const asked = region.zones
    .filter((zone) => names.length === 0 || names.includes(zone))
    .map((zone) => ({ zone, state: region.zoneStates.get(zone) ?? 'available' }));
  const found = filtered(asked, parameters, ({ zone, state }) => ({
    tags: {},
    attributes: {
      'opt-in-status': 'opt-in-not-required',
      'region-name': region.name,
      state,
      'zone-name': zone,
      'zone-type': 'availability-zone',
    },
  }));
  return {
    availabilityZoneInfo: found.map(({ zone, state }) => ({
      optInStatus: 'opt-in-not-required',
      regionName: region.name,
      zoneName: zone,
      groupName: region.name,
      zoneType: 'availability-zone',
      zoneState: state,
    })),
  };
};

export const describeVpcs: Action = ({ world, region, parameters }) => {
  const ids = parameters.texts('VpcId');
  const asked = known(region.network.vpcs, ids, 'InvalidVpcID.NotFound', 'vpc ID');
  const found = filtered(asked, parameters, (vpc) => ({
    tags: {},
    attributes: { cidr: vpc.cidr, 'is-default': String(vpc.isDefault), state: 'available', 'vpc-id': vpc.id },
  }));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return { vpcSet: items.map(vpcXml), nextToken };
};

function vpcXml(vpc: Vpc) {
  return { vpcId: vpc.id, ownerId: OWNER, state: 'available', cidrBlock: vpc.cidr, isDefault: vpc.isDefault };
}

export const describeSubnets: Action = ({ world, region, parameters }) => {
  const asked = known(region.network.subnets, parameters.texts('SubnetId'), 'InvalidSubnetID.NotFound', 'subnet ID');
  const found = filtered(asked, parameters, (subnet) => ({
    tags: {},
    attributes: {
      'availability-zone': subnet.zone,
      'default-for-az': String(subnet.isDefault),
      state: 'available',
      'subnet-id': subnet.id,
      'vpc-id': subnet.vpcId,
    },
  }));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return { subnetSet: items.map(subnetXml), nextToken };
};

function subnetXml(subnet: Subnet) {
  return {
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    state: 'available',
    cidrBlock: subnet.cidr,
    availabilityZone: subnet.zone,
    availableIpAddressCount: 4091,
    defaultForAz: subnet.isDefault,
    mapPublicIpOnLaunch: subnet.isDefault,
    ownerId: OWNER,
  };
}

/** Those with these ids, or all. @throws Ec2Error for an id that is not there */
function known<T>(all: ReadonlyMap<string, T>, ids: readonly string[], code: string, what: string): T[] {
  const missing = ids.filter((id) => !all.has(id));
  if (missing.length > 0) throw notFound(code, what, missing);
  return [...all].filter(([id]) => ids.length === 0 || ids.includes(id)).map(([, thing]) => thing);
}
