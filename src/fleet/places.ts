import { EC2_SOURCE, type Instance } from '../model/instance.ts';

/** A region that is to be looked up. */
export interface Place {
  readonly region: string;
  /** nothing new is looked for there: the region is not among the configured ones, but instances in it are known */
  readonly isKnownOnly: boolean;
}

/**
 * Where there is something to look up: the regions that are configured, and those of known instances.
 * @param regions where new instances are looked for, each once
 */
export function placesOf(regions: readonly string[], fleet: readonly Instance[]): Place[] {
  const known = fleet.flatMap(({ source, region, state }) =>
    source === EC2_SOURCE && region !== null && state !== 'terminated' && !regions.includes(region) ? [region] : [],
  );
  return [
    ...regions.map((region) => ({ region, isKnownOnly: false })),
    ...[...new Set(known)].map((region) => ({ region, isKnownOnly: true })),
  ];
}

/**
 * Those that were not looked up for too long.
 * @param lastOf when a region was looked up last, ISO 8601, or null: never
 * @param now ms since the epoch
 */
export function duePlaces(
  places: readonly Place[],
  lastOf: (region: string) => string | null,
  { now, maxAgeMs }: { readonly now: number; readonly maxAgeMs: number },
): Place[] {
  return places.filter(({ region }) => {
    const last = lastOf(region);
    const ageMs = last === null ? Infinity : now - Date.parse(last);
    // a clock that was set back says nothing about the age
    return !(ageMs >= 0 && ageMs < maxAgeMs);
  });
}
