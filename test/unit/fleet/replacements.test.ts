import { describe, expect, test } from 'vitest';
import { findReplacements } from '../../../src/fleet/replacements.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { anInstance } from '../../state/records.ts';

const WEB = { Name: 'web', role: 'web' };

function launched(instanceId: string, minute: number, tags: Instance['tags'] = WEB): Instance {
  return anInstance(instanceId, { launchedAt: `2026-07-01T12:${String(minute).padStart(2, '0')}:00.000Z`, tags });
}

/** `a>b` for each pair, then who has none, then who is too many. */
function told(lost: readonly Instance[], candidates: readonly Instance[]): string {
  const { pairs, unreplaced, surplus } = findReplacements(lost, candidates);
  const ids = (instances: readonly Instance[]): string => instances.map(({ instanceId }) => instanceId).join(',');
  const shown = pairs.map((pair) => `${pair.lost.instanceId}>${pair.instance.instanceId}`).join(',');
  return `${shown} | ${ids(unreplaced)} | ${ids(surplus)}`;
}

describe('a replacement', () => {
  test('has the same tags and was launched later', () => {
    expect(told([launched('a', 1)], [launched('b', 2)])).toBe('a>b |  | ');
  });

  test.each([
    ['was launched before', launched('b', 0)],
    ['was launched at the same time', launched('b', 1)],
    ['lacks a tag', launched('b', 2, { Name: 'web' })],
    ['has one more', launched('b', 2, { ...WEB, env: 'prod' })],
    ['has another value', launched('b', 2, { ...WEB, role: 'db' })],
    ['was launched nobody knows when', anInstance('b', { tags: WEB })],
  ])('is none that %s', (_, candidate) => {
    expect(told([launched('a', 1)], [candidate])).toBe(' | a | ');
  });

  test('may come from another creation, and from another fleet request', () => {
    const lost = launched('a', 1, { ...WEB, 'spot:creation': 'one', 'aws:ec2:fleet-id': 'fleet-1' });
    expect(told([lost], [launched('b', 2, { ...WEB, 'spot:creation': 'two' })])).toBe('a>b |  | ');
  });

  test('stands in for one instance, both in the order of their launches', () => {
    const lost = [launched('late', 5), launched('early', 1)];
    expect(told(lost, [launched('second', 9), launched('first', 2)])).toBe('late>second,early>first |  | ');
  });

  test('is named where there are more of them than are lost, and so is whom nobody replaces', () => {
    const db = { Name: 'db' };
    const candidates = [launched('x', 2), launched('y', 3), launched('stranger', 4, { Name: 'cache' })];
    expect(told([launched('a', 1), launched('d', 1, db)], candidates)).toBe('a>x | d | y');
  });
});
