import type { StepTiming } from '../model/attempt.ts';
import type { Subscriber } from '../model/event.ts';
import type { Step } from '../model/outcome.ts';
import type { Clock } from '../util/clock.ts';

export interface TimelineOptions {
  readonly instanceId: string;
  readonly clock: Clock;
  readonly emit: Subscriber;
  /** called before a step is taken */
  readonly onStep: (step: Step) => void;
}

/** The steps of one attempt as they are taken: one at a time, each timed and counted. */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #done: StepTiming[] = [];
  #current: { readonly name: Step; readonly startedAt: number; bytes: number; waitsFor: string | null } | null = null;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** ends the step before and begins this one */
  begin(step: Step): void {
    const { clock, emit, instanceId, onStep } = this.#options;
    this.end();
    onStep(step);
    this.#current = { name: step, startedAt: clock.now(), bytes: 0, waitsFor: null };
    emit({ type: 'step-started', at: clock.now(), instanceId, step });
  }

  /** sets the bytes moved by the step under way */
  progress(bytes: number, totalBytes: number | null): void {
    if (this.#current === null) return;
    const { clock, emit, instanceId } = this.#options;
    this.#current.bytes = bytes;
    emit({ type: 'progress', at: clock.now(), instanceId, step: this.#current.name, bytes, totalBytes });
  }

  /** says what the step under way waits for, unless it has just said so */
  waitFor(message: string): void {
    if (this.#current === null || this.#current.waitsFor === message) return;
    const { clock, emit, instanceId } = this.#options;
    this.#current.waitsFor = message;
    emit({ type: 'waiting', at: clock.now(), instanceId, step: this.#current.name, message });
  }

  end(): void {
    if (this.#current === null) return;
    const { name, startedAt, bytes } = this.#current;
    this.#done.push({ name, ms: Math.max(0, this.#options.clock.now() - startedAt), bytes });
    this.#current = null;
  }

  /** the step under way, or the last one */
  get step(): Step {
    return this.#current?.name ?? this.#done.at(-1)?.name ?? 'connect';
  }

  /** what the step under way was last said to wait for */
  get waitsFor(): string | null {
    return this.#current?.waitsFor ?? null;
  }

  get steps(): readonly StepTiming[] {
    return this.#done;
  }
}
