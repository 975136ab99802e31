import type { InterruptionNotice } from '../model/fate.ts';
import { isoTime } from '../util/clock.ts';
import type { RunDeps } from './deps.ts';

/** The two-minute notice of one attempt, if there is one. */
export class Interruption {
  readonly #instanceId: string;
  readonly #deps: Pick<RunDeps, 'clock' | 'emit'>;
  #notice: InterruptionNotice | null = null;
  #heardAt = 0;

  constructor(instanceId: string, deps: Pick<RunDeps, 'clock' | 'emit'>) {
    this.#instanceId = instanceId;
    this.#deps = deps;
  }

  get notice(): InterruptionNotice | null {
    return this.#notice;
  }

  /** @returns false where it is known: every session says it anew */
  hear(notice: InterruptionNotice): boolean {
    if (this.#notice !== null) return false;
    const { clock, emit } = this.#deps;
    this.#notice = notice;
    this.#heardAt = clock.now();
    emit({ type: 'interruption', at: this.#heardAt, instanceId: this.#instanceId, notice });
    return true;
  }

  get evidence(): readonly string[] {
    if (this.#notice === null) return [];
    const { action, at } = this.#notice;
    return [`interruption notice at ${isoTime(this.#heardAt)}: ${action} at ${at}`];
  }
}
