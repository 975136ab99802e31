import type { CreationRequest, LaunchPlace } from '../model/creation.ts';

/**
 * Where instances are asked for in a region, in this order: one type where EC2 chooses, then in each zone; several types
 * in one call, in which EC2 goes through all zones by itself. A subnet is in one zone.
 * @param zones by name; those of the first place need not be known: there are none yet
 */
export function placesIn(
  region: string,
  { instanceTypes, subnetId }: Pick<CreationRequest, 'instanceTypes' | 'subnetId'>,
  zones: readonly string[],
): LaunchPlace[] {
  const anywhere: LaunchPlace = { region, availabilityZone: null, instanceTypes };
  if (!hasMorePlaces({ instanceTypes, subnetId })) return [anywhere];
  return [anywhere, ...zones.map((availabilityZone) => ({ ...anywhere, availabilityZone }))];
}

/** Whether a region has more places than the one that EC2 chooses. */
export function hasMorePlaces({
  instanceTypes,
  subnetId,
}: Pick<CreationRequest, 'instanceTypes' | 'subnetId'>): boolean {
  return instanceTypes.length === 1 && subnetId === null;
}

/** `us-east-1`, `us-east-1b`. */
export function placeName({ region, availabilityZone }: LaunchPlace): string {
  return availabilityZone ?? region;
}

export function isSamePlace(a: LaunchPlace, b: LaunchPlace): boolean {
  return a.region === b.region && a.availabilityZone === b.availabilityZone;
}
