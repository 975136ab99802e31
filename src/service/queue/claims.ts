import { backOffMs } from '../../util/back-off.ts';
import { type Disposition, type JobHandler, RETRY_BACK_OFF, type WorkOptions } from './queue.ts';

/** Claims of one lease: `signal` is aborted when it is lost. */
export interface HandledClaim {
  readonly key: string;
  readonly workerId: string;
  readonly tries: number;
  readonly signal: AbortSignal;
}

export interface ClaimsRequest {
  readonly handler: JobHandler;
  readonly random: () => number;
  readonly onProblem: WorkOptions['onProblem'];
}

/** How long a key waits whose former claim, which was lost, has not come to its end in this very process, ms. */
const STILL_AT_IT_MS = 1000;

/** What one worker is at. */
export class Claims {
  readonly #request: ClaimsRequest;
  readonly #keys = new Set<string>();
  #whenIdle: (() => void)[] = [];

  constructor(request: ClaimsRequest) {
    this.#request = request;
  }

  get count(): number {
    return this.#keys.size;
  }

  /**
   * Hands the key to the handler, and what is to become of it to `settle`. A handler that throws has its key put off.
   * @throws what `settle` does
   */
  async handle(claim: HandledClaim, settle: (disposition: Disposition) => Promise<void>): Promise<void> {
    if (this.#keys.has(claim.key)) return settle({ putOffMs: STILL_AT_IT_MS });
    this.#keys.add(claim.key);
    try {
      await settle(await this.#dispositionOf(claim));
    } finally {
      this.#keys.delete(claim.key);
      if (this.#keys.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves when nothing is being worked on. */
  async idle(): Promise<void> {
    if (this.#keys.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  async #dispositionOf({ key, workerId, tries, signal }: HandledClaim): Promise<Disposition> {
    const { handler, random, onProblem } = this.#request;
    try {
      return await handler(key, { workerId, tries, signal });
    } catch (error) {
      const putOffMs = Math.round(backOffMs(RETRY_BACK_OFF, tries, random));
      if (!signal.aborted) onProblem(`${key} could not be worked on and is put off for ${putOffMs} ms`, error);
      return { putOffMs };
    }
  }
}
