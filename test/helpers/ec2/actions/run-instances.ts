import type { Action } from '../call.ts';
import { Ec2Error } from '../error.ts';
import { checkPrice, launch, placeOf, subnetIn } from '../launch.ts';
import { type LaunchSpec, launchSpec } from '../launch-spec.ts';
import type { Subnet } from '../network.ts';
import { OWNER, type Region } from '../region.ts';
import type { World } from '../world.ts';
import { shortage } from '../shortage.ts';
import { instanceXml } from './instance-xml.ts';

/** As many as there is room for in one zone: at least MinCount, or none. */
export const runInstances: Action = ({ world, region, parameters, fingerprint }) => {
  const clientToken = parameters.text('ClientToken');
  const [least, most] = [parameters.number('MinCount') ?? 0, parameters.number('MaxCount') ?? 0];
  if (least < 1 || most < least) {
    throw new Ec2Error('InvalidParameterValue', `Invalid values for MinCount (${least}) and MaxCount (${most})`);
  }
  if (parameters.has('LaunchTemplate')) {
    throw new Ec2Error('UnsupportedOperation', 'this endpoint launches from templates by CreateFleet only');
  }
  const instances = region.once(clientToken, fingerprint, () => {
    const spec = launchSpec(region, parameters);
    checkTags(spec);
    const subnet = chooseSubnet(world, region, spec, least);
    checkPrice(region, spec, subnet.zone);
    const count = Math.min(most, world.room(placeOf(region, spec, subnet.zone)));
    return launch(world, region, spec, { count, subnet, clientToken });
  });
  return {
    reservationId: instances[0]?.birth.reservationId,
    ownerId: OWNER,
    groupSet: [],
    instancesSet: instances.map((instance) => instanceXml(region, instance)),
  };
};

function checkTags({ lifecycle, spotTags }: LaunchSpec): void {
  if (lifecycle === 'spot' || Object.keys(spotTags).length === 0) return;
  throw new Ec2Error(
    'InvalidParameterCombination',
    'You cannot specify tags for Spot instances requests if there are no Spot instances requests being created by the request.',
  );
}

/** The zone that is asked for, else the one with the most room. */
function chooseSubnet(world: World, region: Region, spec: LaunchSpec, least: number): Subnet {
  const asked = spec.subnet?.zone ?? spec.zone;
  const zones = asked === null ? region.zones : [asked];
  const rooms = zones.map((zone) => ({ zone, room: world.room(placeOf(region, spec, zone)) }));
  const best = rooms.reduce((most, next) => (next.room > most.room ? next : most));
  if (best.room >= least) return subnetIn(region, spec, best.zone);
  throw shortage(world, region, spec, asked);
}
