import { DescribeSpotPriceHistoryCommand } from '@aws-sdk/client-ec2';
import type { _InstanceType, SpotPrice as HistoricPrice } from '@aws-sdk/client-ec2';
import type { Clock } from '../../util/clock.ts';
import type { SpotPrice } from '../cloud.ts';
import type { Ec2Api } from './api.ts';
import { allPages, PAGE_SIZE } from './pages.ts';

/** See `Cloud.spotPrices`: a history that begins now is the price that counts now. */
export async function spotPrices(
  api: Ec2Api,
  region: string,
  instanceTypes: readonly string[],
  clock: Clock,
): Promise<SpotPrice[]> {
  if (instanceTypes.length === 0) return [];
  const asked = {
    InstanceTypes: [...new Set(instanceTypes)] as _InstanceType[],
    ProductDescriptions: ['Linux/UNIX'],
    StartTime: new Date(clock.now()),
    MaxResults: PAGE_SIZE,
  };
  const history = await allPages(async (token) => {
    const request = new DescribeSpotPriceHistoryCommand({ ...asked, NextToken: token });
    const { SpotPriceHistory: items = [], NextToken: next } = await api.send(region, request);
    return { items, next };
  });
  return newestOfEach(history);
}

/** Where a price changes at this moment, EC2 tells both. */
function newestOfEach(history: readonly HistoricPrice[]): SpotPrice[] {
  const oldestFirst = [...history].sort((a, b) => (a.Timestamp?.getTime() ?? 0) - (b.Timestamp?.getTime() ?? 0));
  const newest = new Map(
    oldestFirst.map((price) => [`${price.InstanceType ?? ''} ${price.AvailabilityZone ?? ''}`, price]),
  );
  return [...newest.values()].flatMap(({ InstanceType: instanceType, AvailabilityZone: zone, SpotPrice: price }) =>
    instanceType === undefined || zone === undefined || price === undefined
      ? []
      : [{ instanceType, availabilityZone: zone, hourlyPrice: Number(price) }],
  );
}
