import { describe, expect, test } from 'vitest';
import { hasMorePlaces, placeName, placesIn } from '../../../src/fleet/launch-places.ts';

const ZONES = ['eu-west-1a', 'eu-west-1b'];

function names(instanceTypes: readonly string[], subnetId: string | null): string[] {
  return placesIn('eu-west-1', { instanceTypes, subnetId }, ZONES).map(placeName);
}

describe('places of a region', () => {
  test('are where EC2 chooses and then each zone, for one type', () => {
    expect(names(['t3.micro'], null)).toEqual(['eu-west-1', 'eu-west-1a', 'eu-west-1b']);
    expect(hasMorePlaces({ instanceTypes: ['t3.micro'], subnetId: null })).toBe(true);
  });

  test.each([
    ['for several types, as EC2 goes through the zones itself', ['t3.micro', 't3a.micro'], null],
    ['in a subnet, which lies in one zone', ['t3.micro'], 'subnet-1'],
  ])('are one %s', (_, types, subnetId) => {
    expect(names(types, subnetId)).toEqual(['eu-west-1']);
    expect(hasMorePlaces({ instanceTypes: types, subnetId })).toBe(false);
  });
});
