import type { AttemptResult } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import type { StragglerRule } from '../model/plan.ts';
import { ChildAbort } from '../util/child-abort.ts';
import { formatDuration } from '../util/format.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError } from './explain.ts';
import { afterChunk, lastLineOf, type LastWords } from './last-words.ts';
import type { Pace } from './pace.ts';

/** Who ended a script, for its outcome. */
const BY = 'straggler-rule';

/** Node's timers hold no more, ms, and fire at once beyond that. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A script that runs. Times are ms since the epoch. */
interface Running {
  readonly since: number;
  /** nobody calls it a straggler earlier than this */
  readonly notBefore: number;
  readonly said: LastWords | null;
}

/** What can be done about one attempt. */
interface Reins {
  readonly signal: ChildAbort;
  readonly detach: ChildAbort;
}

/** What is known of an attempt that another client began. */
export interface Earlier {
  /** ms since the epoch */
  readonly since: number;
  readonly said: LastWords | null;
}

export interface StragglersOptions {
  readonly rule: StragglerRule;
  readonly pace: Pace;
  readonly deps: RunDeps;
  /** for those that are taken up: they are not judged before what they said meanwhile has come; null for all others */
  readonly earlier?: (instanceId: string) => Earlier | null;
}

/** How long the output of a script that was left takes to come, ms: the first questions for it take 1.4 s. */
const CATCH_UP_MS = 2000;

/**
 * Looks for scripts that take much longer than the others. It learns all from the events of the run, and waits with one
 * timer for the moment at which the next script would be a straggler; that moves with every script that succeeds.
 */
export class Stragglers {
  readonly #options: StragglersOptions;
  readonly #running = new Map<string, Running>();
  /** those that were called stragglers */
  readonly #called = new Set<string>();
  readonly #reins = new Map<string, Reins>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StragglersOptions) {
    this.#options = options;
  }

  /** what the run is given instead: its events come by here */
  get deps(): RunDeps {
    return { ...this.#options.deps, emit: this.#emit };
  }

  /** Works on one instance under a rein of its own, where one may be needed. */
  async attend<T>(instanceId: string, work: (deps: RunDeps) => Promise<T>): Promise<T> {
    const { rule, deps } = this.#options;
    if (rule.action === 'report') return work(this.deps);
    const reins = { signal: new ChildAbort(deps.signal), detach: new ChildAbort(deps.detach) };
    this.#reins.set(instanceId, reins);
    try {
      return await work({ ...this.deps, signal: reins.signal.signal, detach: reins.detach.signal });
    } finally {
      this.#reins.delete(instanceId);
      reins.signal.clear();
      reins.detach.clear();
    }
  }

  /** The run is over. */
  close(): void {
    clearTimeout(this.#timer);
  }

  readonly #emit = (event: RunEvent): void => {
    this.#options.deps.emit(event);
    switch (event.type) {
      case 'wave-started':
        this.#options.pace.expect(event.instances);
        return this.#wait();
      case 'step-started':
        if (event.step === 'execute') return this.#started(event.instanceId, event.at);
        this.#running.delete(event.instanceId);
        return;
      case 'output':
        return this.#heard(event);
      case 'attempt-finished':
        return this.#finished(event.result);
      default:
        return;
    }
  };

  #started(instanceId: string, at: number): void {
    if (this.#called.has(instanceId)) return;
    const earlier = this.#options.earlier?.(instanceId) ?? null;
    const notBefore = earlier === null ? at : at + CATCH_UP_MS;
    this.#running.set(instanceId, { since: earlier?.since ?? at, notBefore, said: earlier?.said ?? null });
    this.#wait();
  }

  #heard({ instanceId, at, stream, chunk }: Extract<RunEvent, { type: 'output' }>): void {
    const running = this.#running.get(instanceId);
    if (running === undefined) return;
    this.#running.set(instanceId, { ...running, said: afterChunk(running.said, { at, stream, end: chunk }) });
  }

  #finished({ instanceId, outcome, steps }: AttemptResult): void {
    const { pace, earlier } = this.#options;
    this.#running.delete(instanceId);
    if (this.#isLeft(instanceId)) return;
    // whoever takes up a script did not see how long it ran
    const isMeasured = outcome.kind === 'succeeded' && (earlier?.(instanceId) ?? null) === null;
    if (isMeasured) pace.succeeded(executionMs(steps));
    else pace.endedOtherwise();
    this.#wait();
  }

  #isLeft(instanceId: string): boolean {
    return this.#options.rule.action === 'detach' && this.#called.has(instanceId);
  }

  /** Until the first of those that run would be a straggler. */
  #wait(): void {
    clearTimeout(this.#timer);
    const { pace, deps } = this.#options;
    const { limitMs } = pace;
    if (limitMs === null || this.#running.size === 0) return;
    let next = Infinity;
    for (const running of this.#running.values()) next = Math.min(next, dueAt(running, limitMs));
    const ms = Math.min(LONGEST_TIMER_MS, Math.max(1, next - deps.clock.now()));
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const { pace, deps } = this.#options;
    const { limitMs } = pace;
    // whoever ends the run, or leaves it, has decided about all of them
    if (limitMs === null || deps.signal.aborted || deps.detach.aborted) return;
    const now = deps.clock.now();
    for (const [instanceId, running] of this.#running) {
      if (dueAt(running, limitMs) <= now) this.#call(instanceId, running, now);
    }
    this.#wait();
  }

  #call(instanceId: string, { since, said }: Running, now: number): void {
    const { rule, pace, deps } = this.#options;
    this.#running.delete(instanceId);
    this.#called.add(instanceId);
    const elapsedMs = now - since;
    const medianMs = pace.medianMs ?? 0;
    deps.emit({
      type: 'straggler',
      at: now,
      instanceId,
      elapsedMs,
      medianMs,
      action: rule.action,
      lastLine: said === null ? '' : lastLineOf(said),
      silentMs: said === null ? null : Math.max(0, now - said.at),
    });
    this.#act(instanceId, elapsedMs, medianMs);
  }

  #act(instanceId: string, elapsedMs: number, medianMs: number): void {
    const { rule, pace } = this.#options;
    const reins = this.#reins.get(instanceId);
    if (rule.action === 'detach') {
      pace.endedOtherwise();
      reins?.detach.abort();
    }
    if (rule.action === 'stop') reins?.signal.abort(new CancelledError(BY, ruleWords(rule, elapsedMs, medianMs)));
  }
}

function dueAt({ since, notBefore }: Running, limitMs: number): number {
  return Math.max(since + limitMs, notBefore);
}

/** How long a script ran, ms. */
export function executionMs(steps: AttemptResult['steps']): number {
  return steps.reduce((sum, { name, ms }) => (name === 'execute' ? sum + ms : sum), 0);
}

/** `ran for 31 s, longer than 3 × the median of 8.2 s`. */
function ruleWords({ after }: StragglerRule, elapsedMs: number, medianMs: number): string {
  const median = formatDuration(medianMs);
  const limit =
    'ms' in after
      ? `${formatDuration(after.ms)}, with a median of ${median}`
      : `${after.factor} × the median of ${median}`;
  return `ran for ${formatDuration(elapsedMs)}, longer than ${limit}`;
}
