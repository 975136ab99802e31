import { describe, expect, test } from 'vitest';
import { describeAgain, kindsFor, requireAgain, selectAgain } from '../../../src/cli/rerun-selection.ts';
import { newInstance } from '../../../src/model/instance.ts';
import { OUTCOME_KINDS, type OutcomeKind } from '../../../src/model/outcome.ts';
import type { AttemptRecord } from '../../../src/state/attempts.ts';

function attempt(instanceId: string, outcome: OutcomeKind | null): AttemptRecord {
  const host = { user: null, address: '10.0.0.1', port: null };
  return { instanceId, name: null, host, outcome } as AttemptRecord;
}

function running(instanceId: string, known: Parameters<typeof newInstance>[1] = {}) {
  return newInstance(instanceId, { publicIp: '10.9.9.9', ...known });
}

describe('the outcomes that are run again', () => {
  test('are all but the successful ones, or those of the flags', () => {
    expect(kindsFor({})).toEqual(OUTCOME_KINDS.filter((kind) => kind !== 'succeeded'));
    expect(kindsFor({ all: true })).toEqual(OUTCOME_KINDS);
    expect(kindsFor({ lost: true, unreachable: true })).toEqual(['unreachable', 'rejected', 'lost']);
  });

  test('have each a flag of their own, but for those that were never tried', () => {
    const byFlag = kindsFor({ failed: true, unreachable: true, lost: true, reclaimed: true });
    expect([...byFlag, 'succeeded', 'skipped'].sort()).toEqual([...OUTCOME_KINDS].sort());
  });
});

describe('the instances that are run on again', () => {
  const attempts = [
    attempt('moved', 'failed'),
    attempt('good', 'succeeded'),
    attempt('stopped', 'failed'),
    attempt('removed', 'lost'),
    attempt('open', null),
    attempt('first', 'killed'),
  ];
  const fleet = [
    running('first'),
    running('good'),
    running('moved', { publicIp: '10.1.1.1' }),
    running('new'),
    running('open'),
    running('stopped', { state: 'stopped' }),
  ];

  test('are as they are now, in the order of the run; every other one has its reason', () => {
    const selection = selectAgain('r1', attempts, kindsFor({}), fleet);
    expect(selection.chosen.map(({ instanceId, publicIp }) => [instanceId, publicIp])).toEqual([
      ['moved', '10.1.1.1'],
      ['first', '10.9.9.9'],
    ]);
    expect(selection.skipped.map(({ instance, reason }) => [instance.instanceId, reason])).toEqual([
      ['stopped', 'stopped'],
      ['removed', 'removed'],
      ['good', 'succeeded in run r1'],
      ['new', 'not in run r1'],
      ['open', 'open in run r1'],
    ]);
    expect(describeAgain('r1', attempts.length, selection)).toBe(
      '6 instances of run r1: 2 again, 2 not ready, 2 not chosen',
    );
  });

  test('are never those whose script may be running', () => {
    const { chosen } = selectAgain('r1', attempts, kindsFor({ all: true }), fleet);
    expect(chosen.map(({ instanceId }) => instanceId)).not.toContain('open');
  });

  test.each([
    [['lost'], 'run r1 has 1 instance to run on again, and none is ready: removed (removed); see: spot list'],
    [['reclaimed'], 'run r1 has no instance to run on again (1 lost); --all takes every one that has ended'],
  ] as const)('are none, and that is said: %j', (kinds, message) => {
    const selection = selectAgain('r1', attempts, kinds, fleet);
    expect(() => requireAgain('r1', selection, '1 lost')).toThrow(expect.objectContaining({ message, exitCode: 69 }));
  });
});
