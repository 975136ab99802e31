import { describe, expect, test } from 'vitest';
import { chooseDoomed, type Doomed } from '../../../src/fleet/doomed.ts';
import { anInstance } from '../../state/records.ts';

const ec2 = (id: string, changes = {}) =>
  anInstance(id, { source: 'ec2', region: 'us-east-1', tags: { team: 'web' }, ...changes });

const FLEET = [
  ec2('i-1', { name: 'web-1' }),
  ec2('i-2', { name: 'web-2', state: 'stopped' }),
  ec2('i-3', { name: 'web-3', state: 'terminated' }),
  ec2('i-4', { name: 'web-4', state: 'shutting-down' }),
  ec2('i-5', { name: 'db-1', tags: { team: 'db' } }),
  ec2('i-6', { name: 'lost', region: null }),
  anInstance('web-9'),
];

function choose(limit: string[], exclude: string[] = []) {
  const { chosen, ended, byHand } = chooseDoomed(FLEET, { limit, exclude, tags: { team: 'web' } });
  const idsOf = (list: Doomed['chosen']) => list.map(({ instanceId }) => instanceId);
  return { chosen: idsOf(chosen), ended: idsOf(ended), byHand: idsOf(byHand) };
}

describe('what is terminated', () => {
  test.each([
    ['is all that comes from EC2 and has the tags', [], [], ['i-1', 'i-2'], ['i-3', 'i-4'], []],
    ['is what the limit means', ['web-1'], [], ['i-1'], [], []],
    ['is not what is excluded', [], ['web-1'], ['i-2'], ['i-3', 'i-4'], []],
    ['is nothing by hand, which is told', ['web-*'], [], ['i-1', 'i-2'], ['i-3', 'i-4'], ['web-9']],
    ['is nothing that has ended', ['web-3'], [], [], ['i-3'], []],
  ])('%s', (_what, limit, exclude, chosen, ended, byHand) => {
    expect(choose(limit, exclude)).toEqual({ chosen, ended, byHand });
  });

  test('has no tags to have where none are configured', () => {
    const { chosen } = chooseDoomed(FLEET, { limit: [], exclude: [] });
    expect(chosen.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-2', 'i-5']);
  });
});

describe('a word of --limit is refused', () => {
  test.each([
    ['nope', 'limit-matches-nothing', '--limit nope matches no instance; see what there is with: spot list'],
    [
      'web-9',
      'not-from-ec2',
      'web-9 was added by hand, and what becomes of its machine is not for spot to say; forget it with: spot remove web-9',
    ],
    ['i-6', 'no-region', 'nobody knows in which region lost is; look it up with: spot sync'],
    ['db-*', 'other-tags', 'db-1 has not the tags of this fleet, team=web; correct them, or aws.tags'],
  ])('%s', (word, code, message) => {
    expect(() => choose(['web-1', word])).toThrow(expect.objectContaining({ code, message, exitCode: 69 }));
  });
});
