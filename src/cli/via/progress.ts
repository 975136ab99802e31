import type { AttemptResult, RunResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import { countOutcomes, exitCodeOf } from '../../model/outcome.ts';
import { isoTime } from '../../util/clock.ts';

/** How far a run is that goes on elsewhere, for whoever leaves it before its end. */
export class RunProgress {
  readonly #runId: string;
  #startedAt: number;
  #instances: readonly string[] = [];
  readonly #ended = new Map<string, AttemptResult>();
  readonly #executing = new Set<string>();
  #result: RunResult | null = null;

  /** @param now ms since the epoch */
  constructor(runId: string, now: number) {
    this.#runId = runId;
    this.#startedAt = now;
  }

  take(event: RunEvent): void {
    if (event.type === 'run-started') {
      this.#startedAt = event.at;
      this.#instances = event.plan.targets.map(({ instance }) => instance.instanceId);
    } else if (event.type === 'step-started' && event.step === 'execute') this.#executing.add(event.instanceId);
    else if (event.type === 'attempt-finished') this.#ended.set(event.result.instanceId, event.result);
    else if (event.type === 'run-finished') this.#result = event.result;
  }

  /** what it came to, or null as long as it goes on */
  get result(): RunResult | null {
    return this.#result;
  }

  /** Every script was started, or never will be. */
  get isUnderWay(): boolean {
    return this.#instances.length > 0 && this.#instances.every((id) => this.#executing.has(id) || this.#ended.has(id));
  }

  /** What it has come to so far; all that has not ended goes on. */
  left(now: number): RunResult {
    const attempts = this.#instances.flatMap((id) => this.#ended.get(id) ?? []);
    const kinds = attempts.map(({ outcome }) => outcome.kind);
    return {
      runId: this.#runId,
      startedAt: isoTime(this.#startedAt),
      finishedAt: isoTime(now),
      durationMs: Math.max(0, now - this.#startedAt),
      attempts,
      running: this.#instances.filter((id) => !this.#ended.has(id)),
      counts: countOutcomes(kinds),
      exitCode: exitCodeOf(kinds),
    };
  }
}
