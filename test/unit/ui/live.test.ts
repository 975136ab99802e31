import { describe, expect, test } from 'vitest';
import type { EventDocument } from '../../../src/service/events/document.ts';
import { changeOf, lastWord, type LiveAttempt, liveAttempts, medianOf } from '../../../src/ui/live.ts';

const AT = '2026-11-21T12:00:00.000Z';
const FRONT = { schema: 1, at: AT, run_id: 'r1', instance_id: 'i-1' } as const;

const ATTEMPT: LiveAttempt = {
  ...{ run_id: 'r1', instance_id: 'i-1', name: 'web-1', address: '10.0.0.1', outcome: null, step: null },
  ...{ started_at: null, finished_at: null, exit_code: null, signal: null, reason: null, error: null },
  ...{ evidence: [], steps: [], remote_dir: null, said: null, note: null, progress: null },
  stdout: { bytes: 0, is_here: true },
  stderr: { bytes: 0, is_here: true },
};

function after(...events: readonly EventDocument[]): LiveAttempt {
  return events.reduce<LiveAttempt>((attempt, event) => ({ ...attempt, ...changeOf(event, attempt) }), ATTEMPT);
}

describe('events of a run', () => {
  test('bring an attempt from step to step', () => {
    const shown = after(
      { ...FRONT, type: 'attempt-started' },
      { ...FRONT, type: 'step-started', step: 'upload' },
      { ...FRONT, type: 'progress', step: 'upload', bytes: 25, total_bytes: 100 },
    );
    expect(shown).toMatchObject({ started_at: AT, step: 'upload', progress: 0.25 });
    expect(lastWord(shown)).toBe('25 %');
  });

  test('tell what it has said last, without what only a terminal understands', () => {
    const shown = after(
      { ...FRONT, type: 'output', stream: 'stdout', text: 'one\n\u001B[1mtwo\u001B[0m\n' },
      { ...FRONT, type: 'output', stream: 'stderr', base64: 'AAEC' },
    );
    expect(lastWord(shown)).toBe('two');
    expect([shown.stdout.bytes, shown.stderr.bytes]).toEqual([16, 3]);
  });

  test('tell of what deserves a look', () => {
    const slow = { elapsed_ms: 180_000, median_ms: 40_000, action: 'detach', last_line: 'x', silent_ms: 5 } as const;
    expect(after({ ...FRONT, type: 'straggler', ...slow }).note).toBe(
      'slow: 3m00s, while half took no more than 40 s; left running by itself',
    );
    const notice = { action: 'terminate', time: '2026-11-21T12:02:00.000Z' } as const;
    expect(after({ ...FRONT, type: 'interruption', ...notice }).note).toBe(
      'will be taken back: terminate at 12:02:00 UTC',
    );
  });
});

test('what the server has is taken, and what was seen happen stays', () => {
  const before = new Map([['i-1', { ...ATTEMPT, note: 'slow', progress: 0.5 }]]);
  expect(liveAttempts([ATTEMPT], before).get('i-1')).toMatchObject({ note: 'slow', progress: 0.5 });
  const ended = { ...ATTEMPT, outcome: 'succeeded' } as const;
  expect(liveAttempts([ended], before).get('i-1')).toMatchObject({ note: 'slow', progress: null });
});

test.each([
  [[], 4, null],
  [[10], 4, null],
  [[30, 10], 4, 10],
  [[5, 9, 1], 3, 5],
])('the middle of %j, of %i in all', (durations, all, median) => {
  expect(medianOf(durations, all)).toBe(median);
});
