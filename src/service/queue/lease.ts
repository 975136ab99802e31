import type { Clock } from '../../util/clock.ts';
import type { WorkOptions } from './queue.ts';

/** Renewals in the time of a lease: two may fail. */
const RENEWALS = 3;

export interface LeaseRequest {
  readonly clock: Clock;
  readonly options: Pick<WorkOptions, 'leaseMs' | 'onProblem'>;
  /** @returns false where it is lost */
  readonly renew: () => boolean;
  /** Called once for each lease that is lost. */
  readonly onLost: () => void;
}

/**
 * Renews the lease of a worker. It is lost where somebody has taken it, and where it could not be renewed for as long as it
 * holds: nobody can tell then.
 */
export class Lease {
  readonly #request: LeaseRequest;
  readonly #timer: NodeJS.Timeout;
  #heldUntil: number;
  #isLost = false;

  /** It was taken just now. */
  constructor(request: LeaseRequest) {
    this.#request = request;
    this.#heldUntil = this.#next();
    this.#timer = setInterval(() => this.#renew(), request.options.leaseMs / RENEWALS);
  }

  /** Asks where that is not certain: the process may have been halted for longer than the lease. */
  get isHeld(): boolean {
    if (!this.#isLost && this.#request.clock.now() >= this.#heldUntil) this.#renew();
    return !this.#isLost;
  }

  /** It was renewed by other means. */
  renewed(): void {
    this.#heldUntil = this.#next();
  }

  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.end();
    this.#request.onLost();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #next(): number {
    return this.#request.clock.now() + this.#request.options.leaseMs;
  }

  #renew(): void {
    const { clock, options, renew } = this.#request;
    const heldUntil = this.#next();
    try {
      if (renew()) this.#heldUntil = heldUntil;
      else this.lose();
    } catch (error) {
      options.onProblem('the lease of the worker could not be renewed', error);
      if (clock.now() >= this.#heldUntil) this.lose();
    }
  }
}
