import { describe, expect, test } from 'vitest';
import { describeNotReady, describeSelection } from '../../../src/inventory/describe-selection.ts';
import { requireTargets } from '../../../src/inventory/require-targets.ts';
import { selectInstances } from '../../../src/inventory/select.ts';
import type { FilteredSelection } from '../../../src/inventory/select.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { anInstance } from '../../state/records.ts';

/** `running 2, stopped 1, no-address 1` as instances named run0, run1, stop0, bare0. */
function aFleet(counts: { run?: number; stop?: number; gone?: number; bare?: number }): Instance[] {
  const changes = {
    run: {},
    stop: { state: 'stopped' },
    gone: { state: 'terminated' },
    bare: { publicIp: null },
  } as const;
  return (['run', 'stop', 'gone', 'bare'] as const).flatMap((kind) =>
    Array.from({ length: counts[kind] ?? 0 }, (_, index) => anInstance(`${kind}${index}`, changes[kind])),
  );
}

function select(fleet: Instance[], limit: string[] = [], exclude: string[] = [], tags = {}): FilteredSelection {
  return selectInstances(fleet, { limit, exclude, tags });
}

const UNTAGGED = anInstance('i-1', { source: 'ec2' });

describe('one line says who is in and why the others are not', () => {
  test.each<[line: string, selection: FilteredSelection]>([
    ['12 instances: 9 running, 2 stopped, 1 without an address', select(aFleet({ run: 9, stop: 2, bare: 1 }))],
    ['1 instance: 1 running', select(aFleet({ run: 1 }))],
    ['3 instances: 0 running, 1 stopped, 2 terminated', select(aFleet({ stop: 1, gone: 2 }))],
    [
      '12 instances: 3 selected, 7 not selected by --limit, 2 stopped',
      select(aFleet({ run: 10, stop: 2 }), ['run[0-2]', 'stop*']),
    ],
    ['4 instances: 2 selected, 1 excluded, 1 stopped', select(aFleet({ run: 3, stop: 1 }), [], ['run0'])],
    ['2 instances: 2 running', select(aFleet({ run: 2 }), ['run*'])],
    ['2 instances: 2 running (--exclude rnu0, x=y: no such instance)', select(aFleet({ run: 2 }), [], ['rnu0', 'x=y'])],
    ['0 instances: 0 running', select([])],
    [
      '3 instances: 2 selected, 1 with other tags than aws.tags',
      select([...aFleet({ run: 2 }), UNTAGGED], [], [], { team: 'web' }),
    ],
  ])('%s', (line, selection) => {
    expect(describeSelection(selection)).toBe(line);
  });
});

describe('one line says which instances --limit names in vain', () => {
  const fleet = aFleet({ run: 2, stop: 12, bare: 1 });
  const many = Array.from({ length: 10 }, (_, index) => `stop${index} (stopped)`).join(', ');

  test.each<[line: string | null, limit: string[], exclude?: string[]]>([
    [null, []],
    [null, ['run0', 'run1']],
    ['an instance that is left out: stop1 (stopped)', ['run0', 'stop1']],
    ['2 instances that are left out: stop1 (stopped), bare0 (no address)', ['run*', 'stop1', 'bare0']],
    [`12 instances that are left out: ${many} … and 2 more`, ['run0', 'stop*']],
    // a word that chooses somebody has done what it is for
    [null, ['*']],
    [null, ['run0', 'stop1'], ['stop1']],
  ])('%s', (line, limit, exclude) => {
    const expected = line === null ? null : `--limit names ${line}; see what there is with: spot list`;
    expect(describeNotReady(select(fleet, limit, exclude))).toBe(expected);
  });
});

describe('a run needs somewhere to run', () => {
  const mixed = aFleet({ stop: 2, gone: 1, bare: 1 });

  test.each<[code: string, message: string, selection: FilteredSelection]>([
    ['no-instance', 'there is no instance in .spot/state.db; add one with: spot add user@host', select([])],
    ['no-instance', 'there is no instance in .spot/state.db; add one with: spot add user@host', select([], ['web1'])],
    [
      'none-running',
      'no instance is running (2 stopped, 1 terminated); start one, or correct its state with: spot set <instance> --state running',
      select(aFleet({ stop: 2, gone: 1 })),
    ],
    [
      'none-running',
      'no selected instance is running (1 stopped); start one, or correct its state with: spot set <instance> --state running',
      select(aFleet({ run: 2, stop: 2 }), ['stop1']),
    ],
    [
      'none-with-address',
      'no running instance has an address (2 without an address); give it one with: spot set <instance> --address <host>',
      select(aFleet({ bare: 2 })),
    ],
    [
      'none-with-address',
      'no running selected instance has an address (1 without an address); give it one with: spot set <instance> --address <host>',
      select(aFleet({ run: 1, bare: 2 }), ['bare0']),
    ],
    [
      'none-ready',
      'no instance is both running and has an address (2 stopped, 1 terminated, 1 without an address); see them with: spot list',
      select(mixed),
    ],
    [
      'none-with-tags',
      'no instance has the tags of the fleet (1 with other tags than aws.tags); correct them, or aws.tags',
      select([UNTAGGED], [], [], { team: 'web' }),
    ],
    [
      'none-ready',
      'no instance is ready (1 stopped, 1 with other tags than aws.tags); see them with: spot list',
      select([UNTAGGED, ...aFleet({ stop: 1 })], [], [], { team: 'web' }),
    ],
    [
      'limit-matches-nothing',
      '--limit web9 matches no instance; see what there is with: spot list',
      select(mixed, ['web9']),
    ],
    [
      'limit-matches-nothing',
      '--limit web9, role=x match no instance; see what there is with: spot list',
      select(aFleet({ run: 2 }), ['run0', 'web9', 'role=x']),
    ],
    [
      'all-excluded',
      '--exclude leaves no instance (2 excluded); exclude less, or see what there is with: spot list',
      select(aFleet({ run: 3 }), ['run0', 'run1'], ['run*']),
    ],
  ])('%s: %s', (code, message, selection) => {
    expect(() => requireTargets(selection, '.spot/state.db')).toThrow(
      expect.objectContaining({ code, exitCode: 69, message }),
    );
  });

  test('one running instance with an address is enough, also beside a word of --exclude that matches nothing', () => {
    expect(() => requireTargets(select(aFleet({ run: 1, stop: 1 }), [], ['x']), '.spot/state.db')).not.toThrow();
  });
});
