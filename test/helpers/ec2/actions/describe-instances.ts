import type { Action } from '../call.ts';
import { Ec2Error, notFound } from '../error.ts';
import { type Filterable, filtered } from '../filters.ts';
import { type Ec2Instance, STATE_CODES } from '../instance.ts';
import { pageOf } from '../paging.ts';
import { OWNER, type Region } from '../region.ts';
import { architectureOf, instanceXml, publicIp } from './instance-xml.ts';

/** Pages count instances; a reservation may go on in the next one. */
export const describeInstances: Action = ({ world, region, parameters }) => {
  if (parameters.has('InstanceId') && parameters.has('MaxResults')) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  const wanted = instancesAsked(region, parameters.texts('InstanceId'));
  const found = filtered(wanted, parameters, (instance) => shown(region, instance));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  const reservationIds = [...new Set(items.map(({ birth }) => birth.reservationId))];
  const answer = {
    reservationSet: reservationIds.map((reservationId) => ({
      reservationId,
      ownerId: OWNER,
      groupSet: [],
      instancesSet: items
        .filter(({ birth }) => birth.reservationId === reservationId)
        .map((instance) => instanceXml(region, instance)),
    })),
    nextToken,
  };
  for (const instance of items) instance.wasAsked();
  return answer;
};

/**
 * The instances with these ids, or all that can be seen.
 * @throws Ec2Error InvalidInstanceID.NotFound, InvalidInstanceID.Malformed
 */
export function instancesAsked(region: Region, ids: readonly string[]): Ec2Instance[] {
  const malformed = ids.find((id) => !/^i-[0-9a-f]+$/.test(id));
  if (malformed !== undefined) throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const asked = [...region.instances.values()].filter(({ id }) => ids.length === 0 || ids.includes(id));
  const visible = asked.filter(({ isVisible }) => isVisible);
  for (const instance of asked) if (!visible.includes(instance)) instance.wasAsked();
  const missing = ids.filter((wanted) => !visible.some(({ id }) => id === wanted));
  if (missing.length > 0) throw notFound('InvalidInstanceID.NotFound', 'instance ID', missing);
  return visible;
}

function shown(region: Region, instance: Ec2Instance): Filterable {
  const { birth, state, backing } = instance;
  return {
    tags: instance.tags,
    attributes: {
      architecture: architectureOf(region, instance),
      'availability-zone': birth.zone,
      'client-token': birth.clientToken,
      'image-id': birth.imageId,
      'instance-id': instance.id,
      'instance-lifecycle': birth.lifecycle === 'spot' ? 'spot' : null,
      'instance-state-code': String(STATE_CODES[state]),
      'instance-state-name': state,
      'instance-type': birth.instanceType,
      'instance.group-id': birth.groupIds,
      'ip-address': publicIp(instance),
      'key-name': birth.keyName,
      'private-ip-address': backing?.privateIp ?? null,
      'reservation-id': birth.reservationId,
      'spot-instance-request-id': birth.spotRequestId,
      'state-reason-code': instance.reason?.code ?? null,
      'subnet-id': birth.subnetId,
      'vpc-id': birth.vpcId,
    },
  };
}
