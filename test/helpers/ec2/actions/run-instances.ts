import type { Action } from '../call.ts';
import { Ec2Error } from '../error.ts';
import { checkPrice, launch, placeOf, subnetIn } from '../launch.ts';
import { type LaunchSpec, launchSpec } from '../launch-spec.ts';
import type { Subnet } from '../network.ts';
import { OWNER, type Region } from '../region.ts';
import type { World } from '../world.ts';
import { instanceXml } from './instance-xml.ts';

/** As many as there is room for in one zone: at least MinCount, or none. */
export const runInstances: Action = ({ world, region, parameters, fingerprint }) => {
  const clientToken = parameters.text('ClientToken');
  const [least, most] = [parameters.number('MinCount') ?? 0, parameters.number('MaxCount') ?? 0];
  if (least < 1 || most < least) {
    throw new Ec2Error('InvalidParameterValue', `Invalid values for MinCount (${least}) and MaxCount (${most})`);
  }
  const instances = region.once(clientToken, fingerprint, () => {
    const spec = launchSpec(region, parameters);
    const subnet = chooseSubnet(world, region, spec, least);
    checkPrice(spec, subnet.zone);
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

/** The zone that is asked for, else the one with the most room. */
function chooseSubnet(world: World, region: Region, spec: LaunchSpec, least: number): Subnet {
  const asked = spec.subnet?.zone ?? spec.zone;
  const zones = asked === null ? region.zones : [asked];
  const rooms = zones.map((zone) => ({ zone, room: world.room(placeOf(region, spec, zone)) }));
  const best = rooms.reduce((most, next) => (next.room > most.room ? next : most));
  if (best.room >= least) return subnetIn(region, spec, best.zone);
  throw shortage(world, region, spec, asked);
}

/** EC2 calls it an error of its own, so clients try again. */
export function shortage(world: World, region: Region, spec: LaunchSpec, zone: string | null): Ec2Error {
  if (spec.lifecycle === 'spot') {
    const message = 'There is no Spot capacity available that matches your request.';
    return new Ec2Error('InsufficientInstanceCapacity', message, 500);
  }
  const type = spec.type.name;
  const others = region.zones.filter((name) => world.room(placeOf(region, spec, name)) > 0);
  const advice =
    zone === null || others.length === 0
      ? ''
      : ` You can currently get ${type} capacity by not specifying an Availability Zone in your request or choosing ${others.join(', ')}.`;
  const place = zone === null ? 'any Availability Zone' : `the Availability Zone you requested (${zone})`;
  const message =
    `We currently do not have sufficient ${type} capacity in ${place}. Our system will be working on provisioning ` +
    `additional capacity.${advice}`;
  return new Ec2Error('InsufficientInstanceCapacity', message, 500);
}
