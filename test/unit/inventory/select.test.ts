import { describe, expect, test } from 'vitest';
import { selectInstances } from '../../../src/inventory/select.ts';
import { anInstance } from '../../state/records.ts';

const FLEET = [
  anInstance('i-1', { name: 'web1', publicIp: '54.1.1.1', privateIp: '10.0.0.1', tags: { role: 'web', Env: 'a,b' } }),
  anInstance('i-2', {
    name: 'web2',
    publicIp: null,
    privateIp: '10.0.0.2',
    tags: { role: 'web' },
    region: 'eu-west-1',
  }),
  anInstance('i-3', { name: 'db', publicIp: '10.0.0.3', sshPort: 2222, availabilityZone: 'eu-west-1b' }),
  anInstance('i-4', { name: 'web4', publicIp: '10.0.0.4', state: 'stopped', tags: { role: 'web' } }),
  anInstance('i-5', { name: 'late', publicIp: null, instanceType: 't3.small' }),
];

function select(limit: string[], exclude: string[] = []): string[] {
  return selectInstances(FLEET, { limit, exclude }).chosen.map((instance) => instance.instanceId);
}

function skipReasons(limit: string[], exclude: string[] = []): Record<string, string> {
  const { skipped } = selectInstances(FLEET, { limit, exclude });
  return Object.fromEntries(skipped.map(({ instance, reason }) => [instance.instanceId, reason]));
}

test('without a filter it is every running instance with an address, and each other one has a reason', () => {
  expect(select([])).toEqual(['i-1', 'i-2', 'i-3']);
  expect(skipReasons([])).toEqual({ 'i-4': 'stopped', 'i-5': 'no address' });
});

test('an empty fleet gives an empty selection', () => {
  const none = { limit: [], exclude: [] };
  expect(selectInstances([], none)).toEqual({ chosen: [], skipped: [], unmatched: none, notReady: [] });
});

describe('--limit takes', () => {
  test.each([
    ['an id', ['i-2'], ['i-2']],
    ['a name', ['web1'], ['i-1']],
    ['a public address', ['54.1.1.1'], ['i-1']],
    ['a private address', ['10.0.0.1'], ['i-1']],
    ['an address with its port', ['10.0.0.3:2222'], ['i-3']],
    ['several words, in the order of the fleet', ['db', 'i-1'], ['i-1', 'i-3']],
    ['a glob of names', ['web*'], ['i-1', 'i-2']],
    ['a glob of addresses', ['10.0.0.[13]'], ['i-1', 'i-3']],
    ['a tag', ['role=web'], ['i-1', 'i-2']],
    ['a tag with a glob', ['role=w*'], ['i-1', 'i-2']],
    ['a region', ['region=eu-*'], ['i-2']],
    ['an availability zone', ['az=eu-west-1b'], ['i-3']],
    ['a name by its key', ['name=db'], ['i-3']],
    ['a state by its key', ['state=running'], ['i-1', 'i-2', 'i-3']],
    ['no part of a word', ['web'], []],
    ['no key of Object.prototype', ['constructor=*'], []],
  ])('%s', (_what, limit, expected) => {
    expect(select(limit)).toEqual(expected);
  });

  test('an instance type, which tells of an instance without an address', () => {
    expect(skipReasons(['type=t3.*'])).toMatchObject({ 'i-5': 'no address', 'i-1': 'not selected by --limit' });
  });
});

test('a limit never picks an instance that does not run: its state is the reason', () => {
  expect(skipReasons(['role=web'])).toEqual({
    'i-3': 'not selected by --limit',
    'i-4': 'stopped',
    'i-5': 'not selected by --limit',
  });
});

test('--exclude takes away, also from a limit', () => {
  expect(select([], ['role=web'])).toEqual(['i-3']);
  expect(select(['role=web'], ['web2'])).toEqual(['i-1']);
  expect(skipReasons(['role=web'], ['web2', 'web4'])).toMatchObject({ 'i-2': 'excluded', 'i-4': 'excluded' });
});

test('words that match no instance at all are remembered, those of a stopped one are not', () => {
  const { unmatched } = selectInstances(FLEET, { limit: ['web1', 'wbe2', 'web4'], exclude: ['x*'] });
  expect(unmatched).toEqual({ limit: ['wbe2'], exclude: ['x*'] });
});

test('the fleet is chosen or skipped, and nothing is lost', () => {
  const { chosen, skipped } = selectInstances(FLEET, { limit: ['web*'], exclude: ['i-1'] });
  const all = [...chosen, ...skipped.map(({ instance }) => instance)];
  expect(all.map((instance) => instance.instanceId).sort()).toEqual(['i-1', 'i-2', 'i-3', 'i-4', 'i-5']);
});

test.each([
  ['=web', "'=web' has no key before the '='; write key=value"],
  ['web[3-1]', "'web[3-1]' is no glob that can be read; check what stands in its brackets"],
])('%s is refused, in --limit and in --exclude', (word, message) => {
  const refused = expect.objectContaining({ code: 'bad-selector', exitCode: 64, message });
  expect(() => select([word])).toThrow(refused);
  expect(() => select([], [word])).toThrow(refused);
});

test('instances from EC2 need the tags by which they are found, others do not', () => {
  const fleet = [
    anInstance('i-1', { source: 'ec2', tags: { team: 'web', env: 'prod' } }),
    anInstance('i-2', { source: 'ec2', tags: { team: 'db', env: 'prod' } }),
    anInstance('i-3', { source: 'ec2', tags: { env: 'prod' }, state: 'stopped' }),
    anInstance('web-1'),
  ];
  const tags = { team: 'web', env: 'prod' };
  const { chosen, skipped } = selectInstances(fleet, { limit: [], exclude: [], tags });
  expect(chosen.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'web-1']);
  expect(skipped.map(({ reason }) => reason)).toEqual(['other tags than aws.tags', 'stopped']);
});
