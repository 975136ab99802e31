import { describe, expect, test } from 'vitest';
import { EMPTY_STATE, overviewText, type Standing } from '../../../src/cli/overview-view.ts';
import type { RunRow } from '../../../src/cli/runs-view.ts';
import { newInstance } from '../../../src/model/instance.ts';
import type { OutcomeKind } from '../../../src/model/outcome.ts';
import { plainPainter } from '../../../src/report/painter.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

const NEW: Standing = {
  ...EMPTY_STATE,
  configFiles: [],
  statePath: null,
  isAwsUsed: false,
  newestScript: null,
};

function textOf(standing: Partial<Standing>, columns = 80): string {
  return overviewText({ ...NEW, ...standing }, { now: NOW, columns, painter: plainPainter });
}

function runOf(id: string, outcomes: readonly OutcomeKind[], open: number, state: RunRow['state']): RunRow {
  const run = { id, payloadName: 'deploy', createdAt: '2026-11-21T10:00:00Z' } as RunRow['run'];
  return { run, tally: { instances: outcomes.length + open, open, outcomes, outputBytes: 0 }, state };
}

/** The commands that are suggested. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/^ {2}(spot .+?)(?: {2}.*)?$/gm)].map(([, command = '']) => command);
}

test('where nothing is yet, the first steps are suggested', () => {
  expect(textOf({})).toBe(`Config      none: the defaults serve
State       none yet
Fleet       no instance

What next
  spot init           write a config.yaml; asks a few questions
  spot add user@host  make an instance known by hand
  spot sync           take in the instances that EC2 has
  spot demo           see it work, on this machine alone
  spot --help         all commands
`);
});

test('where a run did not succeed everywhere and another one was left, that comes first', () => {
  const fleet = [
    newInstance('a', {}),
    newInstance('b', {}),
    newInstance('c', { state: 'pending' }),
    newInstance('d', { state: 'terminated' }),
  ];
  const text = textOf({
    configFiles: ['config.yaml'],
    statePath: '.spot/state.db',
    fleet,
    last: runOf('20261121-100000-aaaa', ['succeeded', 'failed'], 0, 'finished'),
    unfinished: [runOf('20261121-090000-bbbb', ['succeeded'], 2, 'left')],
    moreUnfinished: 4,
    newestScript: './it is.sh',
  });
  expect(text).toBe(
    `Config      config.yaml
State       .spot/state.db
Fleet       4 instances: 2 running, 1 pending, 1 terminated
Last run    20261121-100000-aaaa  deploy, 2 h ago: 1 succeeded, 1 failed
Unfinished  20261121-090000-bbbb  deploy, 2 h ago: 1 succeeded, 2 left
            … and 4 more; see: spot runs

What next
  spot attach 20261121-090000-bbbb  take up the run that was left
  spot show last                    what came of it on 2 instances
  spot rerun last                   once more where it did not succeed (1)
  spot upload-script './it is.sh'   run it on the 2 that run
  spot --help                       all commands
`,
  );
});

describe('what is suggested', () => {
  test('to whoever has instances in EC2, and none that runs', () => {
    const fleet = [newInstance('a', { state: 'stopped' })];
    expect(commandsIn(textOf({ configFiles: ['c'], isAwsUsed: true, fleet }))).toEqual([
      'spot sync',
      'spot add user@host',
      'spot list',
      'spot demo',
      'spot --help',
    ]);
  });

  test('to whoever has instances, and no config file', () => {
    expect(commandsIn(textOf({ fleet: [newInstance('a', {})] }))).toEqual([
      'spot upload-script ./script.sh',
      'spot init',
      'spot --help',
    ]);
  });

  test('after a run that succeeded is no other try', () => {
    const last = runOf('r', ['succeeded', 'skipped'], 0, 'finished');
    expect(commandsIn(textOf({ configFiles: ['c'], fleet: [newInstance('a', {})], last }))).not.toContain(
      'spot rerun last',
    );
  });
});

test('nothing is wider than the terminal', () => {
  const text = textOf({ configFiles: ['/home/somebody/with/a/long/name/.config/spot/config.yaml'] }, 40);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
});
