import { describe, expect, test } from 'vitest';
import {
  describeReplaced,
  type ReplacedSelection,
  requireReplacements,
  warningsOf,
  withReplacements,
} from '../../../src/cli/rerun-replacements.ts';
import { kindsFor, selectAgain } from '../../../src/cli/rerun-selection.ts';
import type { Instance } from '../../../src/model/instance.ts';
import type { OutcomeKind } from '../../../src/model/outcome.ts';
import type { AttemptRecord } from '../../../src/state/attempts.ts';
import { anInstance } from '../../state/records.ts';

function attempt(instanceId: string, outcome: OutcomeKind): AttemptRecord {
  return { instanceId, name: 'web', host: { user: null, address: '10.0.0.1', port: null }, outcome } as AttemptRecord;
}

function web(instanceId: string, minute: number, changes: Partial<Instance> = {}): Instance {
  const launchedAt = `2026-07-01T12:0${minute}:00.000Z`;
  return anInstance(instanceId, {
    name: 'web',
    source: 'ec2',
    launchedAt,
    tags: { Name: 'web', team: 'a' },
    ...changes,
  });
}

const ATTEMPTS = [attempt('i-1', 'reclaimed'), attempt('i-2', 'succeeded'), attempt('i-3', 'reclaimed')];
const GONE = { state: 'terminated', publicIp: null } as const;
const OLD = [web('i-1', 1, GONE), web('i-2', 1), web('i-3', 1, GONE)];

function selected(newcomers: readonly Instance[], had: readonly string[] = []): ReplacedSelection {
  const fleet = [...OLD, ...newcomers];
  const selection = selectAgain('r1', ATTEMPTS, kindsFor({ reclaimed: true }), fleet);
  return withReplacements(selection, { attempts: ATTEMPTS, fleet, tags: { team: 'a' }, had: new Set(had) });
}

function idsOf(instances: readonly Instance[]): string[] {
  return instances.map(({ instanceId }) => instanceId);
}

describe('instead of reclaimed instances', () => {
  test('those that stand in for them are chosen; everyone else has a reason', () => {
    const selection = selected([web('i-4', 5), web('i-5', 6)]);
    expect(idsOf(selection.chosen)).toEqual(['i-4', 'i-5']);
    expect(selection.skipped.map(({ instance, reason }) => `${instance.instanceId} ${reason}`)).toEqual([
      'i-1 replaced by i-4',
      'i-3 replaced by i-5',
      'i-2 succeeded in run r1',
    ]);
    expect(describeReplaced('r1', 3, selection)).toBe(
      '3 instances of run r1: 0 again, 2 replaced, 1 not chosen; web (i-4) in place of web (i-1); web (i-5) in place of web (i-3)',
    );
    expect(warningsOf(selection)).toEqual([]);
  });

  test('nobody is chosen who does not run yet, or is not of this fleet', () => {
    const pending = web('i-4', 5, { state: 'pending', publicIp: null });
    const { chosen } = selected([pending, web('i-5', 6, { tags: { Name: 'web', team: 'b' } })]);
    expect(chosen).toEqual([]);
  });

  test('who is missing and who is too many is said', () => {
    expect(warningsOf(selected([web('i-4', 5)]))).toEqual(['nobody stands in yet for web (i-3)']);
    expect(warningsOf(selected([4, 5, 6].map((minute) => web(`i-${minute}`, minute))))).toEqual([
      'left out, as there are more than were reclaimed: web (i-6)',
    ]);
  });

  test('who has it by now does not get it again', () => {
    const selection = selected([web('i-4', 5), web('i-5', 6)], ['i-4']);
    expect(idsOf(selection.chosen)).toEqual(['i-5']);
    expect(() => requireReplacements('r1', selection)).not.toThrow();
  });

  test.each<[string, readonly Instance[], readonly string[], string]>([
    [
      'nobody is there yet',
      [],
      [],
      'run r1: nobody stands in yet for web (i-1), web (i-3); run spot create, or wait for your fleet and then: spot sync',
    ],
    [
      'all of them have it',
      [web('i-4', 5), web('i-5', 6)],
      ['i-4', 'i-5'],
      'run r1: those that stand in for its reclaimed instances have it: web (i-4), web (i-5)',
    ],
  ])('%s: that ends the command', (_, newcomers, had, message) => {
    const selection = selected(newcomers, had);
    expect(() => requireReplacements('r1', selection)).toThrow(expect.objectContaining({ message, exitCode: 69 }));
  });
});
