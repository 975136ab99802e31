import { setMaxListeners } from 'node:events';
import { CancelledError } from '../../run/explain.ts';
import { Detached } from '../../run/detached.ts';
import type { Claim } from '../queue/queue.ts';
import type { Cancellable } from './cancellations.ts';

/** One claim of a deployment: who has it, and how it is ended from outside. */
export class Work implements Cancellable {
  readonly deploymentId: string;
  readonly workerId: string;
  readonly #claim: Claim;
  readonly #controller = new AbortController();
  readonly #leaving = new AbortController();
  readonly #onLost = (): void => this.leave();

  constructor(deploymentId: string, claim: Claim) {
    this.deploymentId = deploymentId;
    this.workerId = claim.workerId;
    this.#claim = claim;
    // whatever an attempt waits for listens
    setMaxListeners(0, this.signal, this.leaving);
    if (claim.signal.aborted) this.leave();
    else claim.signal.addEventListener('abort', this.#onLost, { once: true });
  }

  /** aborted with a `CancelledError`, or with `Detached` */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** aborted with `Detached` alone */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get isLeft(): boolean {
    return this.leaving.aborted;
  }

  /** somebody else may be at it by now: nothing more is written about it */
  get isLost(): boolean {
    return this.#claim.signal.aborted;
  }

  cancel(by: string): void {
    this.#controller.abort(new CancelledError(asWord(by)));
  }

  /** What runs goes on running, and what has not begun does not begin. */
  leave(): void {
    const reason = new Detached();
    this.#leaving.abort(reason);
    this.#controller.abort(reason);
  }

  close(): void {
    this.#claim.signal.removeEventListener('abort', this.#onLost);
  }
}

/** As an instance is told who wants an end: one word. */
export function asWord(name: string): string {
  return name.replace(/[^\w.@:-]+/g, '-') || 'somebody';
}
