import { describe, expect, test } from 'vitest';
import { describeAges, describeByHand, describeProblems, describeSync } from '../../../src/cli/sync-view.ts';
import type { RegionSync } from '../../../src/fleet/sync.ts';
import { configError } from '../../../src/model/errors.ts';
import { anInstance } from '../../state/records.ts';

function aSync(changes: Partial<RegionSync>): RegionSync {
  const nothing = { added: [], changed: [], gone: [], unchanged: [], byHand: [], problem: null, priceProblem: null };
  return { region: 'us-east-1', ms: 320, ...nothing, ...changes };
}

const some = (...names: string[]) => names.map((name) => anInstance(name));
const LAST: Readonly<Record<string, string>> = {
  'us-east-1': '2026-07-01T11:57:00.000Z',
  'us-west-2': '2026-07-01T11:57:01.000Z',
  'eu-west-1': '2026-07-01T11:00:00.000Z',
};
const SEEN = { lastOf: (region: string) => LAST[region] ?? null, now: Date.parse('2026-07-01T12:00:00.000Z') };

test.each([
  [{}, 'us-east-1: no instance in 320 ms'],
  [{ unchanged: some('a', 'b') }, 'us-east-1: 2 unchanged in 320 ms'],
  [{ added: some('a', 'b'), gone: some('c') }, 'us-east-1: 2 added (a, b), 1 gone (c) in 320 ms'],
  [{ changed: some('a'), unchanged: some('b') }, 'us-east-1: 1 changed (a), 1 unchanged in 320 ms'],
])('a look at a region is told in one line', (changes, line) => {
  expect(describeSync(aSync(changes))).toBe(line);
});

test('rows of the user that EC2 has, too, are told with what to do', () => {
  expect(describeByHand(aSync({}))).toBeNull();
  expect(describeByHand(aSync({ byHand: some('i-1', 'i-2') }))).toBe(
    'i-1, i-2 were added by hand and are left alone; to have it from EC2: spot remove i-1 i-2 && spot sync',
  );
});

describe('how old it is what is known', () => {
  test.each([
    [['us-east-1'], 'us-east-1 is as last seen 3 min ago'],
    [['us-east-1', 'eu-west-1'], 'us-east-1 is as last seen 3 min ago; eu-west-1 is as last seen 1 h ago'],
    [['eu-north-1', 'eu-west-3'], 'eu-north-1, eu-west-3 were never looked up'],
  ])('%s', (regions, text) => {
    expect(describeAges(regions, SEEN)).toBe(text);
  });

  test('is told with the reason, each reason once', () => {
    const problem = configError('aws-no-credentials', 'no AWS credentials');
    const other = configError('aws-not-allowed', 'nobody may look');
    const syncs = [
      aSync({ problem }),
      aSync({ region: 'us-west-2', problem: configError('aws-no-credentials', 'no AWS credentials') }),
      aSync({ region: 'eu-west-3', problem: other }),
      aSync({ region: 'eu-west-1' }),
    ];
    expect(describeProblems(syncs, SEEN)).toEqual([
      'no AWS credentials; us-east-1 is as last seen 3 min ago; us-west-2 is as last seen 2 min ago',
      'nobody may look; eu-west-3 was never looked up',
    ]);
  });
});
