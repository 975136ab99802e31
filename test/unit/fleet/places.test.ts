import { describe, expect, test } from 'vitest';
import { duePlaces, placesOf } from '../../../src/fleet/places.ts';
import { anInstance } from '../../state/records.ts';

const known = (region: string | null, changes = {}) => anInstance('i-1', { source: 'ec2', region, ...changes });
const words = (places: ReturnType<typeof placesOf>): string[] =>
  places.map(({ region, isKnownOnly }) => (isKnownOnly ? `${region} (known)` : region));

describe('what is looked up', () => {
  test.each([
    [
      'are the regions of the configuration',
      ['eu-west-1', 'us-east-1'],
      [known('us-east-1')],
      ['eu-west-1', 'us-east-1'],
    ],
    [
      'and once each those of known instances',
      ['eu-west-1'],
      [known('us-east-1'), known('us-east-1')],
      ['eu-west-1', 'us-east-1 (known)'],
    ],
    ['as long as one of them is not terminated', [], [known('us-east-1', { state: 'terminated' })], []],
    ['also one that is going', [], [known('us-east-1', { state: 'shutting-down' })], ['us-east-1 (known)']],
    ['but nothing for instances added by hand', [], [known('us-east-1', { source: 'manual' })], []],
    ['or in a region that nobody knows', [], [known(null)], []],
  ])('%s', (_what, regions, fleet, expected) => {
    expect(words(placesOf(regions, fleet))).toEqual(expected);
  });
});

describe('a region is due', () => {
  const now = Date.parse('2026-07-01T12:00:00.000Z');
  test.each([
    ['where it was never looked up', null, 60_000, true],
    ['at its age', '2026-07-01T11:59:00.000Z', 60_000, true],
    ['not before', '2026-07-01T11:59:00.001Z', 60_000, false],
    ['always, where nothing may be old', '2026-07-01T12:00:00.000Z', 0, true],
    ['where it was looked up in the future', '2026-07-01T12:00:01.000Z', 60_000, true],
  ])('%s', (_what, last, maxAgeMs, isDue) => {
    const places = placesOf(['us-east-1'], []);
    expect(duePlaces(places, () => last, { now, maxAgeMs })).toEqual(isDue ? places : []);
  });
});
