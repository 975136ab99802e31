import { describe, expect, test } from 'vitest';
import type { OutcomeKind } from '../../../src/model/outcome.ts';
import { backlogOf, waitAfter } from '../../../src/run/backlog.ts';
import { unconfirmed } from '../../../src/model/evidence.ts';
import type { Shortfall } from '../../../src/state/history.ts';
import { anInstance } from '../../state/records.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const WEB = anInstance('web-1');

/** An attempt that ended so many ms ago; null is still open. */
function shortfall(outcome: OutcomeKind | null, agoMs = 0, changes: Partial<Shortfall> = {}): Shortfall {
  const at = new Date(NOW - agoMs).toISOString();
  const finishedAt = outcome === null ? null : at;
  return { instanceId: 'web-1', runId: `r${agoMs}`, outcome, startedAt: at, finishedAt, evidence: [], ...changes };
}

function stateOf(shortfalls: readonly Shortfall[], had: readonly string[] = [], mode: 'run' | 'copy' = 'run'): string {
  const { due, unclear } = backlogOf([WEB], { had: new Set(had), shortfalls, now: NOW, mode, intervalMs: 5000 });
  return due.length > 0 ? 'due' : (unclear[0]?.runId ?? 'not due');
}

describe('an instance', () => {
  test.each<[what: string, state: string, shortfalls: readonly Shortfall[], had?: readonly string[]]>([
    ['that nobody has tried is due', 'due', []],
    ['that has it is not', 'not due', [], ['web-1']],
    ['that has it is not, whatever went wrong before or after', 'not due', [shortfall('lost', 9e6)], ['web-1']],
    ['on which an attempt is open is not', 'not due', [shortfall('failed', 9e6), shortfall(null)]],
    ['that failed just now has to wait', 'not due', [shortfall('failed', 4999)]],
    ['that failed an interval ago is due', 'due', [shortfall('failed', 5000)]],
    ['that failed twice waits twice as long', 'not due', [shortfall('failed', 9e6), shortfall('unreachable', 9999)]],
    ['that failed twice is due after that', 'due', [shortfall('failed', 9e6), shortfall('unreachable', 10_000)]],
    ['that never was begun has not failed', 'due', [shortfall('cancelled', 0, { startedAt: null })]],
    ['of which nobody knows is left alone', 'r9000000', [shortfall('lost', 9e6)]],
    [
      'on which something may run on is left alone',
      'r9000000',
      [shortfall('timed-out', 9e6, { evidence: [unconfirmed('pid 7 (root x)')] })],
    ],
    ['of which more is known since is not', 'due', [shortfall('lost', 9e6), shortfall('failed', 8e6)]],
  ])('%s', (_what, state, shortfalls, had) => {
    expect(stateOf(shortfalls, had)).toBe(state);
  });

  test('gets a copy again where nobody knows whether it has one', () => {
    expect(stateOf([shortfall('lost', 9e6)], [], 'copy')).toBe('due');
  });

  test('has nothing to do with others', () => {
    expect(stateOf([shortfall(null, 0, { instanceId: 'web-2' })], ['web-3'])).toBe('due');
  });
});

test.each([
  [1, 5000, 5000],
  [2, 5000, 10_000],
  [7, 5000, 320_000],
  [8, 5000, 600_000],
  [5000, 5000, 600_000],
  [1, 3_600_000, 3_600_000],
  [9, 3_600_000, 3_600_000],
])('after %d failures and looks every %d ms the wait is %d ms', (failures, intervalMs, ms) => {
  expect(waitAfter(failures, intervalMs)).toBe(ms);
});
