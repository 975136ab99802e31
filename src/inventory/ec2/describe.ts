import { DescribeInstancesCommand, DescribeSpotInstanceRequestsCommand } from '@aws-sdk/client-ec2';
import type { Filter, SpotInstanceRequest, Tag } from '@aws-sdk/client-ec2';
import { SpotError } from '../../model/errors.ts';
import type { Fate } from '../../model/fate.ts';
import { mapBounded } from '../../util/bounded.ts';
import type { CloudInstance, Tags } from '../cloud.ts';
import type { Ec2Api, Ec2Instance } from './api.ts';
import { badAnswer } from './errors.ts';
import { fateOf, fateOfUnknown, isUp, stateOf } from './fate.ts';
import { FILTER_VALUES, filter, tagFilters } from './filters.ts';
import { allPages, chunksOf, PAGE_SIZE } from './pages.ts';

/** Requests of one question at a time; EC2 counts them by account and region. */
const AT_ONCE = 4;

type Requests = ReadonlyMap<string, SpotInstanceRequest>;

/** See `Cloud.describe`. Spot requests are asked about where an instance is gone or going. */
export async function describe(
  api: Ec2Api,
  region: string,
  tags: Tags,
  instanceIds: readonly string[],
): Promise<CloudInstance[]> {
  const found = await findInstances(api, region, tagFilters(tags), instanceIds);
  const lost = found.filter((instance) => isSpot(instance) && !isUp(stateOf(instance)));
  const requests = await findRequests(api, region, lost.map(idOf));
  return found.map((instance) => toCloudInstance(region, instance, requests));
}

/** See `Cloud.fates`. */
export async function fates(api: Ec2Api, region: string, instanceIds: readonly string[]): Promise<Fate[]> {
  if (instanceIds.length === 0) return [];
  const [found, requests] = await Promise.all([
    findInstances(api, region, [], instanceIds),
    findRequests(api, region, instanceIds),
  ]);
  const known = new Map(found.map((instance) => [instance.InstanceId, instance]));
  return instanceIds.map((id) => {
    const instance = known.get(id);
    return instance === undefined ? fateOfUnknown(id, requests.get(id)) : fateOf(instance, requests.get(id));
  });
}

/** Asked by filter and not by id: that has pages, and is no error where one of them is gone. */
async function findInstances(
  api: Ec2Api,
  region: string,
  filters: readonly Filter[],
  instanceIds: readonly string[],
): Promise<Ec2Instance[]> {
  if (instanceIds.length === 0) return instancePages(api, region, filters);
  const chunks = chunksOf([...new Set(instanceIds)], FILTER_VALUES);
  const found = await mapBounded(chunks, AT_ONCE, (ids) =>
    instancePages(api, region, [...filters, filter('instance-id', ...ids)]),
  );
  return found.flat();
}

function instancePages(api: Ec2Api, region: string, filters: readonly Filter[]): Promise<Ec2Instance[]> {
  const asked = filters.length === 0 ? {} : { Filters: [...filters] };
  return allPages(async (token) => {
    const request = new DescribeInstancesCommand({ ...asked, MaxResults: PAGE_SIZE, NextToken: token });
    const { Reservations: reservations, NextToken: next } = await api.send(region, request);
    // a page of some other server would be read as an empty fleet
    if (reservations === undefined) throw badAnswer(region);
    return { items: reservations.flatMap(({ Instances }) => Instances ?? []), next };
  });
}

/** The newest spot request of each instance. Whoever may not see them still has the state reason of the instance. */
async function findRequests(api: Ec2Api, region: string, instanceIds: readonly string[]): Promise<Requests> {
  try {
    return await newestRequests(api, region, instanceIds);
  } catch (error) {
    if (error instanceof SpotError && error.code === 'aws-not-allowed') return new Map();
    throw error;
  }
}

async function newestRequests(api: Ec2Api, region: string, instanceIds: readonly string[]): Promise<Requests> {
  const chunks = chunksOf(instanceIds, FILTER_VALUES);
  const found = await mapBounded(chunks, AT_ONCE, (ids) => requestPages(api, region, ids));
  const oldestFirst = found.flat().sort((a, b) => createdAt(a) - createdAt(b));
  return new Map(oldestFirst.map((request) => [request.InstanceId ?? '', request]));
}

function requestPages(api: Ec2Api, region: string, ids: readonly string[]): Promise<SpotInstanceRequest[]> {
  return allPages(async (token) => {
    const Filters = [filter('instance-id', ...ids)];
    const request = new DescribeSpotInstanceRequestsCommand({ Filters, MaxResults: PAGE_SIZE, NextToken: token });
    const { SpotInstanceRequests: items = [], NextToken: next } = await api.send(region, request);
    return { items, next };
  });
}

function createdAt({ CreateTime }: SpotInstanceRequest): number {
  return CreateTime?.getTime() ?? 0;
}

function toCloudInstance(region: string, instance: Ec2Instance, requests: Requests): CloudInstance {
  return {
    ...fateOf(instance, requests.get(idOf(instance))),
    region,
    availabilityZone: instance.Placement?.AvailabilityZone ?? null,
    instanceType: instance.InstanceType ?? null,
    publicIp: instance.PublicIpAddress || null,
    privateIp: instance.PrivateIpAddress || null,
    lifecycle: isSpot(instance) ? 'spot' : 'on-demand',
    launchedAt: instance.LaunchTime?.toISOString() ?? null,
    tags: toTags(instance.Tags ?? []),
    imageId: instance.ImageId ?? null,
  };
}

function toTags(tags: readonly Tag[]): Tags {
  return Object.fromEntries(tags.map(({ Key: key = '', Value: value = '' }) => [key, value]));
}

function idOf({ InstanceId: id = '' }: Ec2Instance): string {
  return id;
}

function isSpot({ InstanceLifecycle }: Ec2Instance): boolean {
  return InstanceLifecycle === 'spot';
}
