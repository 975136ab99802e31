import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../../src/model/event.ts';
import type { StragglerAction, StragglerRule } from '../../../src/model/plan.ts';
import type { RunDeps } from '../../../src/run/deps.ts';
import { CancelledError } from '../../../src/run/explain.ts';
import { Pace } from '../../../src/run/pace.ts';
import { type Earlier, Stragglers } from '../../../src/run/stragglers.ts';
import { anAttempt, anInstance, at, START, SUCCEEDED } from '../report/events.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const passTo = (ms: number): unknown => vi.advanceTimersByTime(START + ms - Date.now());

/** A run that is nothing but its events. */
class Run {
  readonly events: RunEvent[] = [];
  readonly cancel = new AbortController();
  readonly detach = new AbortController();
  readonly watch: Stragglers;
  readonly pace: Pace;
  readonly #emit: (event: RunEvent) => void;

  constructor(
    action: StragglerAction,
    expected: number,
    more: { readonly after?: StragglerRule['after']; readonly earlier?: (instanceId: string) => Earlier | null } = {},
  ) {
    const { after = { factor: 3 }, ...others } = more;
    this.pace = new Pace(after, 0);
    this.pace.expect(expected);
    const deps = {
      clock: { now: () => Date.now() },
      emit: (event: RunEvent) => void this.events.push(event),
      signal: this.cancel.signal,
      detach: this.detach.signal,
    } as unknown as RunDeps;
    this.watch = new Stragglers({ rule: { after, action }, pace: this.pace, deps, ...others });
    this.#emit = this.watch.deps.emit;
  }

  emit(...events: readonly RunEvent[]): void {
    for (const event of events) this.#emit(event);
  }

  begin(...instanceIds: readonly string[]): void {
    this.emit(...instanceIds.map((id) => at.step(Date.now() - START, id, 'execute')));
  }

  succeed(instanceId: string, ms: number): void {
    const steps = [{ name: 'execute' as const, ms, bytes: 0 }];
    this.emit(at.finished(Date.now() - START, anAttempt(anInstance(instanceId), SUCCEEDED, { steps })));
  }

  get stragglers(): object[] {
    return this.events.filter(({ type }) => type === 'straggler');
  }
}

describe('a script that takes much longer than the others', () => {
  test('is told once, at the moment it is past the limit, with what it said last and how long ago', () => {
    const run = new Run('report', 3);
    run.begin('a', 'b', 'c');
    passTo(1000);
    run.emit(at.output(1000, 'c', 'one\ntwo\n'));
    run.succeed('a', 1000);
    passTo(2000);
    run.succeed('b', 2000);
    passTo(2999);
    expect(run.stragglers).toEqual([]);
    passTo(3000);
    expect(run.stragglers).toEqual([
      {
        type: 'straggler',
        at: START + 3000,
        instanceId: 'c',
        elapsedMs: 3000,
        medianMs: 1000,
        action: 'report',
        lastLine: 'two',
        silentMs: 2000,
      },
    ]);
    passTo(100_000);
    expect(run.stragglers).toHaveLength(1);
    expect(vi.getTimerCount(), 'nobody is waited for any more').toBe(0);
  });

  test('is no straggler where the others turn out to take longer, too', () => {
    const run = new Run('report', 5);
    run.begin('a', 'b', 'c', 'd', 'e');
    for (const id of ['a', 'b', 'c']) run.succeed(id, 1000);
    passTo(2900);
    run.emit(at.step(2900, 'd', 'collect'));
    run.succeed('d', 2900);
    for (let more = 0; more < 6; more += 1) run.succeed(`m${more}`, 2900);
    passTo(8699);
    expect(run.stragglers).toEqual([]);
    passTo(8700);
    expect(run.stragglers).toMatchObject([{ instanceId: 'e', medianMs: 2900, lastLine: '', silentMs: null }]);
  });

  test('one timer waits for all of them, whatever they say', () => {
    const run = new Run('report', 500);
    const ids = Array.from({ length: 500 }, (_, index) => `i-${index}`);
    run.begin(...ids);
    expect(vi.getTimerCount()).toBe(0);
    for (const id of ids.slice(0, 250)) run.succeed(id, 1000);
    for (const id of ids) run.emit(at.output(10, id, 'words\n'));
    expect(vi.getTimerCount()).toBe(1);
    passTo(3000);
    expect(run.stragglers).toHaveLength(250);
  });

  test('is nobody where its script has ended meanwhile, or the run is given up, or over', () => {
    const ended = new Run('report', 2);
    ended.begin('a', 'b');
    ended.succeed('a', 1000);
    ended.emit(at.step(500, 'b', 'collect'));
    const given = new Run('stop', 2);
    given.begin('a', 'b');
    given.succeed('a', 1000);
    given.cancel.abort();
    const over = new Run('report', 2);
    over.begin('a', 'b');
    over.succeed('a', 1000);
    over.watch.close();
    passTo(60_000);
    expect([ended, given, over].flatMap(({ stragglers }) => stragglers)).toEqual([]);
  });

  test('of a later wave is judged by all that came before, once half of that wave has succeeded', () => {
    const run = new Run('report', 0);
    run.emit({ type: 'wave-started', at: START, wave: 1, waves: 2, instances: 1 });
    run.begin('a');
    run.succeed('a', 1000);
    run.emit({ type: 'wave-started', at: START, wave: 2, waves: 2, instances: 3 });
    run.begin('b', 'c', 'd');
    passTo(10_000);
    expect(run.stragglers).toEqual([]);
    run.succeed('b', 10_000);
    passTo(10_001);
    expect(run.stragglers).toMatchObject([
      { instanceId: 'c', medianMs: 1000 },
      { instanceId: 'd', medianMs: 1000 },
    ]);
  });
});

describe('what comes of a straggler', () => {
  test.each(['detach', 'stop'] as const)('it alone is ended or left (%s)', async (action) => {
    const run = new Run(action, 2, { after: { ms: 2000 } });
    let own: RunDeps | null = null;
    let release = (): void => undefined;
    const working = run.watch.attend('b', (deps) => {
      own = deps;
      return new Promise<void>((resolve) => (release = resolve));
    });
    run.begin('a', 'b');
    run.succeed('a', 500);
    passTo(2000);
    expect(run.stragglers).toMatchObject([{ instanceId: 'b', action }]);
    const { signal, detach } = own as unknown as RunDeps;
    expect([signal.aborted, detach.aborted]).toEqual([action === 'stop', action === 'detach']);
    expect([run.cancel.signal.aborted, run.detach.signal.aborted]).toEqual([false, false]);
    if (action === 'stop') {
      const why = 'ran for 2.0 s, longer than 2.0 s, with a median of 500 ms';
      expect(signal.reason).toEqual(new CancelledError('straggler-rule', why));
    }
    release();
    await working;
  });

  test('the wish of the user still reaches those that may be left or ended', async () => {
    const run = new Run('stop', 2);
    const reasons = run.watch.attend('a', async ({ signal, detach }) => {
      run.detach.abort('SIGHUP');
      run.cancel.abort(new CancelledError('Ctrl-C'));
      return Promise.resolve([signal.reason, detach.reason] as unknown[]);
    });
    expect(await reasons).toEqual([new CancelledError('Ctrl-C'), 'SIGHUP']);
  });
});

test('a script that was taken up is judged by when it began, and not before its words have come', () => {
  const said = { at: START - 60_000, stream: 'stdout' as const, end: Buffer.from('long ago\n') };
  const run = new Run('report', 2, { earlier: (id) => (id === 'b' ? { since: START - 90_000, said } : null) });
  run.pace.succeeded(1000);
  run.begin('b');
  passTo(1999);
  expect(run.stragglers).toEqual([]);
  passTo(2000);
  expect(run.stragglers).toMatchObject([
    { instanceId: 'b', elapsedMs: 92_000, lastLine: 'long ago', silentMs: 62_000, medianMs: 1000 },
  ]);
});
