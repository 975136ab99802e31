import { DescribeAvailabilityZonesCommand } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './api.ts';
import { filter } from './filters.ts';

/** See `Cloud.zones`; no local or wavelength zones, which have few types and prices of their own. */
export async function zones(api: Ec2Api, region: string): Promise<string[]> {
  const Filters = [filter('state', 'available'), filter('zone-type', 'availability-zone')];
  const { AvailabilityZones: found = [] } = await api.send(region, new DescribeAvailabilityZonesCommand({ Filters }));
  return found.flatMap(({ ZoneName }) => ZoneName ?? []).sort();
}
