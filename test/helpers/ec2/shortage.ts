import { Ec2Error } from './error.ts';
import { placeOf } from './launch.ts';
import type { LaunchSpec } from './launch-spec.ts';
import type { Region } from './region.ts';
import type { World } from './world.ts';

/** EC2 answers it with status 500, so clients try again. @param zone null: any of the region */
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
