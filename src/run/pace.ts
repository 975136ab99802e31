import type { StragglerLimit } from '../model/plan.ts';

/** Shorter than this nobody is a straggler by the median, ms: what takes 10 ms takes 30 ms now and then. */
export const LEAST_STRAGGLE_MS = 5000;

/**
 * How long the scripts of a run take, and from when on one of them is a straggler. There is no such time before half of the
 * instances have succeeded; those that came to another end are not counted, as they say nothing about how long it takes.
 */
export class Pace {
  readonly #after: StragglerLimit;
  readonly #leastMs: number;
  /** of the scripts that have succeeded, ms, the shortest first */
  readonly #durations: number[] = [];
  #expected = 0;

  /** @param leastMs for a limit that is a multiple of the median */
  constructor(after: StragglerLimit, leastMs = LEAST_STRAGGLE_MS) {
    this.#after = after;
    this.#leastMs = leastMs;
  }

  /** So many more instances get their turn. */
  expect(instances: number): void {
    this.#expected += instances;
  }

  succeeded(ms: number): void {
    const at = this.#durations.findIndex((other) => other > ms);
    this.#durations.splice(at === -1 ? this.#durations.length : at, 0, ms);
  }

  endedOtherwise(): void {
    this.#expected -= 1;
  }

  /** ms; the lower one of two in the middle, null where there is none */
  get medianMs(): number | null {
    return this.#durations[Math.floor((this.#durations.length - 1) / 2)] ?? null;
  }

  /** whoever takes longer than this is a straggler, ms; null as long as nobody is */
  get limitMs(): number | null {
    const { medianMs } = this;
    if (medianMs === null || this.#durations.length * 2 < this.#expected) return null;
    return 'ms' in this.#after ? this.#after.ms : Math.max(this.#leastMs, medianMs * this.#after.factor);
  }
}
