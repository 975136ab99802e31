import type { Action } from '../call.ts';
import { invalidValue, notFound } from '../error.ts';
import { filtered } from '../filters.ts';
import { INSTANCE_TYPES, type InstanceType } from '../instance-types.ts';
import { instanceType } from '../launch-spec.ts';
import { pageOf } from '../paging.ts';
import type { Parameters } from '../parameters.ts';
import type { Region } from '../region.ts';
import type { SpotRequest } from '../spot-request.ts';
import type { Xml } from '../xml.ts';
import { tagSet } from './instance-xml.ts';

const PRODUCT = 'Linux/UNIX';

const HOUR_MS = 3_600_000;

/** How old the prices of the history are, and what they were, in parts of the one that holds now. */
const HISTORY = [
  { ageMs: HOUR_MS / 2, part: 1 },
  { ageMs: 5 * HOUR_MS, part: 1.5 },
  { ageMs: 20 * HOUR_MS, part: 0.5 },
];

interface PriceChange {
  readonly type: InstanceType;
  readonly zone: string;
  readonly price: number;
  readonly at: Date;
}

export const describeSpotInstanceRequests: Action = ({ world, region, parameters }) => {
  const ids = parameters.texts('SpotInstanceRequestId');
  const missing = ids.filter((id) => !region.spotRequests.has(id));
  if (missing.length > 0) {
    throw notFound('InvalidSpotInstanceRequestID.NotFound', 'spot instance request ID', missing);
  }
  const asked = [...region.spotRequests.values()].filter(({ id }) => ids.length === 0 || ids.includes(id));
  const found = filtered(asked, parameters, (request) => ({
    tags: request.tags,
    attributes: {
      'instance-id': request.instance.id,
      'launched-availability-zone': request.instance.birth.zone,
      'spot-instance-request-id': request.id,
      state: request.state,
      'status-code': request.status.code,
    },
  }));
  const rules = { range: [5, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, ({ id }) => id, rules);
  return { spotInstanceRequestSet: items.map(requestXml), nextToken };
};

function requestXml(request: SpotRequest): Xml {
  const { birth } = request.instance;
  const { code, message, updatedAt } = request.status;
  return {
    spotInstanceRequestId: request.id,
    spotPrice: request.maxPrice,
    type: 'one-time',
    state: request.state,
    status: { code, message, updateTime: updatedAt },
    launchSpecification: { imageId: birth.imageId, keyName: birth.keyName, instanceType: birth.instanceType },
    instanceId: request.instance.id,
    createTime: request.createdAt,
    productDescription: PRODUCT,
    tagSet: tagSet(request.tags),
    launchedAvailabilityZone: birth.zone,
    instanceInterruptionBehavior: 'terminate',
  };
}

/** Newest first; from StartTime on, and what held at StartTime. */
export const describeSpotPriceHistory: Action = ({ world, region, parameters }) => {
  const types = parameters.texts('InstanceType').map(instanceType);
  const changes = (types.length > 0 ? types : [...INSTANCE_TYPES.values()]).flatMap((type) =>
    region.zones.flatMap((zone) => changesOf(region, type, zone, parameters)),
  );
  const inOrder = changes.sort((a, b) => b.at.getTime() - a.at.getTime());
  const products = parameters.texts('ProductDescription');
  const zone = parameters.text('AvailabilityZone');
  const asked = inOrder.filter(
    (change) => (zone === null || change.zone === zone) && (products.length === 0 || products.includes(PRODUCT)),
  );
  const found = filtered(asked, parameters, (change) => ({
    tags: {},
    attributes: {
      'availability-zone': change.zone,
      'instance-type': change.type.name,
      'product-description': PRODUCT,
      'spot-price': priceText(change.price),
      timestamp: change.at.toISOString(),
    },
  }));
  const rules = { range: [1, 1000] as const, limit: world.pageSize };
  const { items, nextToken } = pageOf(found, parameters, (change) => Object.values(changeXml(change)).join(' '), rules);
  return { spotPriceHistorySet: items.map(changeXml), nextToken };
};

function changesOf(region: Region, type: InstanceType, zone: string, parameters: Parameters): PriceChange[] {
  const now = Date.now();
  const [start, end] = [timeOf(parameters, 'StartTime') ?? 0, timeOf(parameters, 'EndTime') ?? now];
  const all = HISTORY.map(({ ageMs, part }) => ({
    type,
    zone,
    price: region.spotPrice(type, zone) * part,
    // whole half hours, so that two requests of a page turn see the same history
    at: new Date(Math.floor(now / (HOUR_MS / 2)) * (HOUR_MS / 2) - ageMs),
  })).filter(({ at }) => at.getTime() <= end);
  const since = all.filter(({ at }) => at.getTime() >= start);
  const before = all.find(({ at }) => at.getTime() < start);
  return before === undefined ? since : [...since, before];
}

function timeOf(parameters: Parameters, name: string): number | null {
  const text = parameters.text(name);
  const time = text === null ? null : Date.parse(text);
  if (Number.isNaN(time)) throw invalidValue(name, text ?? '');
  return time;
}

function changeXml(change: PriceChange): Record<string, string> {
  return {
    instanceType: change.type.name,
    productDescription: PRODUCT,
    spotPrice: priceText(change.price),
    timestamp: change.at.toISOString(),
    availabilityZone: change.zone,
  };
}

function priceText(price: number): string {
  return price.toFixed(6);
}
