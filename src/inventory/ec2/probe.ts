import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './api.ts';
import { badAnswer } from './errors.ts';

/** The least that EC2 takes. */
const FEWEST = 5;

/** See `Cloud.probe`: the same request as `describe`, with the smallest answer. */
export async function probe(api: Ec2Api, region: string): Promise<{ readonly clockAheadMs: number }> {
  const { Reservations: reservations } = await api.send(region, new DescribeInstancesCommand({ MaxResults: FEWEST }));
  if (reservations === undefined) throw badAnswer(region);
  return { clockAheadMs: api.clockAheadMs(region) };
}
