import { describe, expect, test } from 'vitest';
import { checkLines, fleetChecks } from '../../../src/cli/doctor/check-lines.ts';
import { exitCodeOf, type Report } from '../../../src/cli/doctor-view.ts';
import { type Check, doubtful, well, wrong, wrongBy } from '../../../src/model/check.ts';
import { plainPainter } from '../../../src/report/painter.ts';
import { anInstance } from '../../state/records.ts';

function report(name: string, checks: readonly Check[], problem: string | null = null): Report {
  return { instance: anInstance(name), rows: [], checks, roundTripMs: problem === null ? 10 : null, problem };
}

const GOOD = [well('reach', 'logged in'), well('/tmp', '1 GB free')];
const linesOf = (reports: readonly Report[], columns?: number) =>
  checkLines(fleetChecks(reports), plainPainter, columns);

describe('five hundred instances', () => {
  const full = (free: string) => wrong('/tmp', `${free} free`, 'make room', 'full');
  const reports = [
    ...Array.from({ length: 480 }, (_, index) => report(`web-${index}`, GOOD)),
    ...Array.from({ length: 10 }, (_, index) =>
      report(`noisy-${index}`, [doubtful('login shell', 'says "hi"', 'hush')]),
    ),
    ...['1 MB', '2 MB'].map((free) => report(`full-${free[0]}`, [full(free)])),
    ...Array.from({ length: 8 }, (_, index) =>
      report(`away-${index}`, [wrongBy('reach', `10.0.0.${index}:22 did not answer; look`, 'connect-timeout')], 'x'),
    ),
  ];

  test('take a line where they are well, and one for each problem', () => {
    expect(linesOf(reports)).toBe(
      [
        '✓ instances    480 instances: all well (round trip 10 ms in the middle, 10 ms at most)',
        '! login shell  10 instances: says "hi": noisy-0, noisy-1, noisy-2, noisy-3, noisy-4, noisy-5, noisy-6, noisy-7, … 2 more  → hush',
        '✗ /tmp         2 instances: 1 MB free (full-1; the others alike): full-1, full-2  → make room',
        '✗ reach        8 instances: 10.0.0.0:22 did not answer (away-0; the others alike): away-0, away-1, away-2, away-3, away-4, away-5, away-6, away-7  → look',
        '',
      ].join('\n'),
    );
  });

  test('fit a terminal', () => {
    const lines = linesOf(reports, 60).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.length).toBeGreaterThan(8);
  });

  test('what an instance says stays on its line, and moves no cursor', () => {
    const said = linesOf([report('web-1', [doubtful('shell', 'a\u001b[2Jb\nc', null)])]);
    expect(said).not.toContain('\u001b');
    expect(said.trimEnd().split('\n')).toHaveLength(1);
  });
});

test.each<[string, readonly Check[], readonly Report[], number]>([
  ['all well', [well('config', '')], [report('a', GOOD)], 0],
  ['a doubt', [doubtful('agent', '', null)], [report('a', [doubtful('shell', '', null)])], 0],
  ['something to mend here', [wrong('open files', '', null)], [], 2],
  ['something to mend there', [], [report('a', [wrong('/tmp', '', null)])], 2],
  ['an instance that was not reached', [], [report('a', [wrong('reach', '', null)], 'x'), report('b', GOOD)], 4],
  ['both', [wrong('aws', '', null)], [report('a', [wrong('reach', '', null)], 'x')], 6],
  ['a broken configuration, before all', [wrong('private key', '', null)], [report('a', GOOD, 'x')], 78],
])('%s ends with its code', (_, here, reports, code) => {
  expect(exitCodeOf(here, reports)).toBe(code);
});
