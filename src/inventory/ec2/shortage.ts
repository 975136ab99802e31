import type { Refusal } from './refusal.ts';

const NO_ROOM = 'there is no room';
const NO_QUOTA = 'the account may not have more';
const NOT_OFFERED = 'it is not offered';

/**
 * Refusals that another place or another time may not give: nothing is wrong with the order.
 * https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html
 */
const WHY: Readonly<Record<string, string>> = {
  UnfulfillableCapacity: NO_ROOM,
  InsufficientFreeAddressesInSubnet: 'the subnet has no free addresses',
  SpotMaxPriceTooLow: 'the highest price is below what it costs',
  MaxSpotInstanceCountExceeded: NO_QUOTA,
  InstanceLimitExceeded: NO_QUOTA,
  VcpuLimitExceeded: NO_QUOTA,
  VolumeLimitExceeded: NO_QUOTA,
  Unsupported: NOT_OFFERED,
  UnsupportedHostConfiguration: NOT_OFFERED,
  IdempotentInstanceTerminated: 'what this order made before is terminated',
};

/** Of instances, hosts, volumes, addresses. */
const NO_CAPACITY = /^Insufficient\w*Capacity$/;

/** `cannot have t3.micro in us-east-1a: there is no room: …`, or null where the order itself is wrong. */
export function shortageOf({ code, words }: Refusal, wanted: string): string | null {
  const why = isZoneWithout(words) ? NOT_OFFERED : (WHY[code] ?? (NO_CAPACITY.test(code) ? NO_ROOM : undefined));
  return why === undefined ? null : `cannot have ${wanted}: ${why} (${code}: ${words})`;
}

/** Fleets have no code of its own for it. */
function isZoneWithout(words: string): boolean {
  return /not supported in your requested Availability Zone/i.test(words);
}
