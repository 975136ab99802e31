import type { Image, SpotPrice } from '../inventory/cloud.ts';
import { formatTags } from '../inventory/tags.ts';
import type { CreationRequest, LaunchPlace } from '../model/creation.ts';
import type { Instance } from '../model/instance.ts';
import type { Plan } from '../model/plan.ts';
import type { RunDocument } from '../report/json.ts';
import { harmless } from '../report/text.ts';
import { plural } from '../util/format.ts';
import { placeName } from '../fleet/launch-places.ts';
import type { Finding } from '../payload/checks/finding.ts';
import { findingLines, findingsDocument } from './preflight/dry-run-view.ts';
import { planDocument, planFacts } from './plan-view.ts';
import type { Provisioned } from './provision.ts';

/** What would be created. */
export interface CreationDraft {
  readonly request: CreationRequest;
  readonly places: readonly LaunchPlace[];
  /** by region */
  readonly images: ReadonlyMap<string, Image>;
  /** of spot instances in the first region; empty where nobody knows */
  readonly prices: readonly SpotPrice[];
  /** what would be done on each instance, or null: nothing but to wait for it */
  readonly plan: Plan | null;
  /** about that */
  readonly findings: readonly Finding[];
}

/** `3 spot instances (t3.micro or t3a.micro)` */
export function describeCreation({ count, lifecycle, instanceTypes }: CreationRequest): string {
  return `${plural(count, `${lifecycle} instance`)} (${instanceTypes.join(' or ')})`;
}

/** `, about $0.0124 an hour` of all of them, or nothing where nobody knows. */
export function describePrice(prices: readonly SpotPrice[], count: number): string {
  return prices.length === 0 ? '' : `, about ${dollars(cheapest(prices) * count)} an hour`;
}

function cheapest(prices: readonly SpotPrice[]): number {
  return Math.min(...prices.map(({ hourlyPrice }) => hourlyPrice));
}

/** `$0.0031`, `$1.25` */
function dollars(amount: number): string {
  return `$${amount.toFixed(4).replace(/0{1,2}$/, '')}`;
}

export function draftText(draft: CreationDraft): string {
  const { request, places, images, prices, plan, findings } = draft;
  const facts = [
    ['create', `${describeCreation(request)}${describePrice(prices, request.count)}`],
    ['at most', request.maxPrice === null ? '' : `$${request.maxPrice} an hour each`],
    ['places', `${places.map(placeName).join(', ')}, in this order`],
    ...[...images].map(([region, image]) => ['image', `${describeImage(image)} in ${region}`] as const),
    ['group', request.securityGroup ?? `one that opens port 22 to ${networkOf(request)} alone`],
    ['subnet', request.subnetId ?? ''],
    ['tags', formatTags(request.tags)],
    ...(plan === null ? [] : planFacts(plan)),
  ] as const;
  const lines = facts.flatMap(([name, text]) => (text === '' ? [] : [`${name.padEnd(9)}${harmless(text)}`]));
  const checks = plan === null ? [] : findingLines(findings, undefined);
  return ['Dry run: EC2 is asked, and nothing is created.', ...lines, ...checks, ''].join('\n');
}

function describeImage({ imageId, name, user }: Image): string {
  return `${imageId}${name === null ? '' : ` (${name})`}${user === null ? '' : `, user ${user}`}`;
}

function networkOf({ sshFrom }: CreationRequest): string {
  return sshFrom === 'auto' ? 'the address of this machine' : sshFrom;
}

export function draftDocument({ request, places, images, prices, plan, findings }: CreationDraft): unknown {
  return {
    schema: 1,
    creation: {
      ...requestDocument(request),
      places: places.map(({ region, availabilityZone, instanceTypes }) => ({
        region,
        availability_zone: availabilityZone,
        instance_types: instanceTypes,
      })),
      images: [...images].map(([region, { imageId, name, user }]) => ({ region, image_id: imageId, name, user })),
      spot_prices: prices.map(({ instanceType, availabilityZone, hourlyPrice }) => ({
        instance_type: instanceType,
        availability_zone: availabilityZone,
        hourly_price: hourlyPrice,
      })),
    },
    payload: plan === null ? null : { ...planDocument(plan), preflight: findingsDocument(findings) },
  };
}

function requestDocument(request: CreationRequest): object {
  return {
    count: request.count,
    lifecycle: request.lifecycle,
    instance_types: request.instanceTypes,
    regions: request.regions,
    max_price: request.maxPrice,
    tags: request.tags,
  };
}

export interface CreationResult {
  readonly request: CreationRequest;
  readonly provisioned: Provisioned;
  /** as they are at the end */
  readonly instances: readonly Instance[];
  readonly runs: readonly RunDocument[];
  readonly exitCode: number;
}

export function resultDocument({ request, provisioned, instances, runs, exitCode }: CreationResult): unknown {
  const { creationId, isResumed, ordered } = provisioned;
  return {
    schema: 1,
    creation: {
      id: creationId,
      ...requestDocument(request),
      resumed: isResumed,
      created: ordered.length,
      exit_code: exitCode,
    },
    instances: instances.map(instanceDocument),
    runs,
  };
}

function instanceDocument(instance: Instance): object {
  return {
    instance_id: instance.instanceId,
    name: instance.name,
    region: instance.region,
    availability_zone: instance.availabilityZone,
    instance_type: instance.instanceType,
    lifecycle: instance.lifecycle,
    state: instance.state,
    state_reason: instance.stateReason,
    public_ip: instance.publicIp,
    private_ip: instance.privateIp,
    ssh_user: instance.sshUser,
    payload_status: instance.payloadStatus,
    payload_error: instance.payloadError,
  };
}
