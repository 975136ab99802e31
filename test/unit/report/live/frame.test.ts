import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/model/event.ts';
import type { Outcome } from '../../../../src/model/outcome.ts';
import { STEPS } from '../../../../src/model/outcome.ts';
import { liveFrame } from '../../../../src/report/live/frame.ts';
import { LiveModel } from '../../../../src/report/live/model.ts';
import { type KeyPress, OVERVIEW, press, type ViewState } from '../../../../src/report/live/view-state.ts';
import { plainPainter } from '../../../../src/report/painter.ts';
import { displayWidth } from '../../../../src/report/text.ts';
import { anAttempt, anInstance, anOutput, aPlan, at, REFUSED, START, SUCCEEDED } from '../events.ts';
import { someInstances } from './opening.ts';

const FAILED: Outcome = { kind: 'failed', exitCode: 100 };
const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

/** A run a minute after its start: some have failed, two thirds have begun, one is taken back, one is slow. */
function aRun(count: number): LiveModel {
  const model = new LiveModel();
  const instances = someInstances(count);
  model.apply(at.runStarted(aPlan(instances)));
  instances.forEach((instance, index) => {
    const { instanceId } = instance;
    if (index % 3 === 2) return;
    model.apply(at.step(index, instanceId, index % 12 === 1 ? 'upload' : 'execute'));
    if (index % 12 === 1) model.apply(at.uploaded(2000 + index, instanceId, 11_000, 110_000));
    if (index % 12 !== 1)
      model.apply(at.output(50_000 + index, instanceId, `line 1\nSetting up nginx on ${instanceId}\n`));
    if (index % 10 === 9) {
      const stderr = anOutput(null, 'E: Could not get lock /var/lib/dpkg/lock\n');
      model.apply(at.finished(55_000, anAttempt(instance, index % 20 === 9 ? FAILED : REFUSED, { stderr })));
    }
  });
  if (count > 6) model.apply(at.interrupted(58_000, 'i-7', 118_000));
  if (count > 3) model.apply(straggler('i-4'));
  return model;
}

function straggler(instanceId: string): RunEvent {
  const facts = { elapsedMs: 59_000, medianMs: 14_000, action: 'report', lastLine: '', silentMs: null } as const;
  return { type: 'straggler', at: START + 59_000, instanceId, ...facts };
}

function frameOf(model: LiveModel, columns: number, terminalRows: number, state: ViewState = OVERVIEW): string[] {
  const options = { columns, rows: terminalRows - 1, now: START + 60_000, painter: plainPainter, hasKeys: true };
  return liveFrame(model, state, options);
}

function typed(model: LiveModel, keys: string): ViewState {
  const named: Record<string, KeyPress['name']> = { '\r': 'enter', '\u001B': 'escape', v: 'page-down', '^': 'up' };
  return [...keys].reduce<ViewState>((state, text) => {
    return press(state, { name: named[text] ?? 'character', text }, model, 20).state;
  }, OVERVIEW);
}

describe('the frame', () => {
  test('of one instance shows its output', () => {
    expect(frameOf(aRun(1), 80, 24)).toEqual([
      `deploy · 110 KB · d1ge57${'1:00'.padStart(56)}`,
      'web-1  executing 1m00s  silent 10 s',
      '  | line 1',
      '  | Setting up nginx on i-1',
      's running · f failures · l follow one · q leave · ? help',
    ]);
  });

  test('of ten instances has a line for each that runs', () => {
    expect(frameOf(aRun(10), 80, 24)).toMatchInlineSnapshot(`
      [
        "deploy · 110 KB · d1ge57                                                    1:00",
        "1 of 10 · upload 1 · execute 5 · 3 waiting",
        "✗ 1 failed  ! 1 about to be taken back  ! 1 slow",
        "uploaded 11 KB of 440 KB",
        "✗ web-10  failed: exit 100  E: Could not get lock /var/lib/dpkg/lock",
        "  web-1  executing     1m00s  silent 10 s  Setting up nginx on i-1",
        "  web-2  uploading      59 s  11 KB of 110 KB, 183 B/s",
        "  web-4  executing      59 s  4.3 × the median  Setting up nginx on i-4",
        "  web-5  executing      59 s  Setting up nginx on i-5",
        "  web-7  executing      59 s  terminate in 1:56  Setting up nginx on i-7",
        "  web-8  executing      59 s  Setting up nginx on i-8",
        "s running · f failures · l follow one · q leave · ? help",
      ]
    `);
  });

  test('of a hundred instances shows the most urgent ones', () => {
    expect(frameOf(aRun(100), 80, 24)).toMatchInlineSnapshot(`
      [
        "deploy · 110 KB · d1ge57                                                    1:00",
        "7 of 100 · upload 8 · execute 52 · 33 waiting",
        "✗ 3 failed  ✗ 4 unreachable  ! 1 about to be taken back  ! 1 slow",
        "uploaded 99 KB of 4.5 MB",
        "✗ 4 × unreachable  <instance> refused the connection: check that sshd runs there",
        "✗ 3 × failed: exit 100  E: Could not get lock /var/lib/dpkg/lock  web-[10,50,70]",
        "  web-7   executing      59 s  terminate in 1:56  Setting up nginx on i-7",
        "  web-4   executing      59 s  4.3 × the median  Setting up nginx on i-4",
        "  web-1   executing     1m00s  silent 10 s  Setting up nginx on i-1",
        "  web-2   uploading      59 s  11 KB of 110 KB, 183 B/s",
        "  web-5   executing      59 s  Setting up nginx on i-5",
        "  web-8   executing      59 s  Setting up nginx on i-8",
        "  web-11  executing      59 s  Setting up nginx on i-11",
        "  web-13  executing      59 s  Setting up nginx on i-13",
        "  web-14  uploading      59 s  11 KB of 110 KB, 183 B/s",
        "  web-16  executing      59 s  Setting up nginx on i-16",
        "  web-17  executing      59 s  Setting up nginx on i-17",
        "  web-19  executing      59 s  Setting up nginx on i-19",
        "  web-22  executing      59 s  Setting up nginx on i-22",
        "  web-23  executing      59 s  Setting up nginx on i-23",
        "  … and 46 more running",
        "  newest output: web-100, 9 s ago  Setting up nginx on i-100",
        "s running · f failures · l follow one · q leave · ? help",
      ]
    `);
  });

  test.each([1, 10, 100, 500].flatMap((count) => SIZES.map(([columns, rows]) => [count, columns, rows] as const)))(
    'of %i instances in %i × %i is no larger, says how far it is, and ends with the keys',
    (count, columns, rows) => {
      const lines = frameOf(aRun(count), columns, rows);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines[0]).toMatch(/^deploy · 110 KB · d1ge57 +1:00$/);
      if (count > 1) expect(lines[1]).toMatch(new RegExp(`^\\d+ of ${count} · `));
      expect(lines.at(-1)).toBe('s running · f failures · l follow one · q leave · ? help');
    },
  );

  test('never leaves the terminal, whatever happens and is typed, and never shows what a terminal would obey', () => {
    fc.assert(
      fc.property(someEvents(), someKeys(), fc.integer({ min: 20, max: 250 }), fc.integer({ min: 5, max: 70 }), check),
      { numRuns: 300 },
    );
  });
});

describe('a panel', () => {
  test('of who still runs is paged, and shows the numbers that l takes', () => {
    const model = aRun(500);
    const first = frameOf(model, 80, 24, typed(model, 's'));
    expect(first.slice(0, 3)).toEqual([
      '34 of 500 · upload 34 · execute 266 · 166 waiting · 1:00',
      '300 of 500 still running, the slowest first · 1 to 20',
      '   7  web-7   executing      59 s  terminate in 1:56  Setting up nginx on i-7',
    ]);
    expect(frameOf(model, 80, 24, typed(model, 'sv'))[1]).toBe(
      '300 of 500 still running, the slowest first · 21 to 40',
    );
    expect(frameOf(model, 80, 24, typed(model, `s${'v'.repeat(50)}`))[1]).toContain(' · 281 to 300');
    expect(frameOf(model, 80, 24, typed(model, 'ss'))).toEqual(frameOf(model, 80, 24));
  });

  test('of failures puts together what ended in the same way, and shows what it said', () => {
    const model = aRun(100);
    expect(frameOf(model, 80, 24, typed(model, 'f'))).toMatchInlineSnapshot(`
      [
        "7 of 100 · upload 8 · execute 52 · 33 waiting · 1:00",
        "7 did not succeed, in 2 ways",
        "✗ 4 instances  unreachable: 10.0.0.1:22 refused the connection: check that sshd",
        "runs there, e.g. web-20",
        "  web-[20,40,80,100]",
        "  | line 1",
        "  | Setting up nginx on i-20",
        "✗ 3 instances  failed: exit 100, e.g. web-10",
        "  web-[10,50,70]",
        "  | line 1",
        "  | Setting up nginx on i-10",
        "↑ ↓ PgUp PgDn scroll · l follow one · f or Esc back",
      ]
    `);
  });

  test('of one instance is found by number and by the beginning of its name, and stays when it has ended', () => {
    const model = aRun(100);
    expect(frameOf(model, 80, 24, typed(model, 'l10')).at(-1)).toBe('follow (number or name): 10_   web-10');
    expect(frameOf(model, 80, 24, typed(model, 'lweb-1')).at(-1)).toBe(
      'follow (number or name): web-1_   web-1  web-10  web-11  web-12  web-13  web-14…',
    );
    expect(frameOf(model, 80, 24, typed(model, 'lnobody\r')).at(-1)).toContain('no instance is called that');
    expect(frameOf(model, 80, 24, typed(model, 'l10\r'))[1]).toBe('web-10  ✗ failed: exit 100');
    expect(frameOf(model, 80, 24, typed(model, 'l3\r'))[1]).toBe('web-3  waits for its turn');
    expect(frameOf(model, 80, 24, typed(model, 'l1\rl'))).toEqual(frameOf(model, 80, 24));
  });

  test('of keys is left with Esc, and q asks to leave, but not in a name', () => {
    const model = aRun(3);
    const key = { name: 'character', text: 'q' } as const;
    expect(typed(model, '?\u001B')).toEqual(OVERVIEW);
    expect(press(typed(model, '?'), key, model, 20).wish).toBe('leave');
    expect(press(typed(model, 'l'), key, model, 20)).toEqual({ state: { ...OVERVIEW, input: 'q' }, wish: null });
  });
});

function check(events: readonly RunEvent[], keys: string, columns: number, terminalRows: number): void {
  const model = new LiveModel();
  const instances = [
    anInstance('i-1', '漢字漢字漢字漢字漢字漢字漢字'),
    anInstance('i-2', 'web'),
    anInstance('i-3', 'web'),
  ];
  for (const event of [at.runStarted(aPlan(instances)), ...events]) model.apply(event);
  frameOf(model, columns, terminalRows);
  const lines = frameOf(model, columns, terminalRows, typed(model, keys));
  expect(lines.length).toBeLessThan(terminalRows);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(line).not.toMatch(/\p{Cc}/u);
  }
}

function someKeys(): fc.Arbitrary<string> {
  return fc.string({
    unit: fc.constantFrom('s', 'f', 'l', '?', 'v', '^', '\r', '\u001B', '1', 'w', '漢'),
    maxLength: 6,
  });
}

function someEvents(): fc.Arbitrary<RunEvent[]> {
  const id = fc.constantFrom('i-1', 'i-2', 'i-3', 'i-unknown');
  const ms = fc.integer({ min: 0, max: 4_000_000 });
  const step = fc.constantFrom(...STEPS);
  const text = fc.string({
    unit: fc.constantFrom('a', '\n', '\r', '\t', '漢', '\u001B[2J', '\u0007', '🙂', ' '),
    maxLength: 60,
  });
  const bytes = fc.integer({ min: 0, max: 1e12 });
  const outcome = fc.constantFrom(SUCCEEDED, FAILED, REFUSED);
  const plain = (instanceId: string, end: Outcome, tail: string): RunEvent => {
    return at.finished(0, anAttempt(anInstance(instanceId), end, { stderr: anOutput(null, tail), evidence: [tail] }));
  };
  return fc.array(
    fc.oneof(
      fc.tuple(ms, id).map(([time, instance]) => at.attemptStarted(time, instance)),
      fc.tuple(ms, id, step).map(([time, instance, next]) => at.step(time, instance, next)),
      fc
        .tuple(ms, id, bytes, fc.option(bytes))
        .map(([time, instance, sent, all]) => at.uploaded(time, instance, sent, all)),
      fc.tuple(ms, id, step, text).map(([time, instance, next, what]) => at.waiting(time, instance, next, what)),
      fc.tuple(ms, id, text).map(([time, instance, said]) => at.output(time, instance, said)),
      fc.tuple(ms, id, ms).map(([time, instance, left]) => at.interrupted(time, instance, left)),
      id.map(straggler),
      fc.tuple(id, outcome, text).map(([instance, end, tail]) => plain(instance, end, tail)),
    ),
    { maxLength: 40 },
  );
}
