/** A wait took too long. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  /** ms */
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`took longer than ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

/**
 * A time limit that also ends when a parent signal does; the first reason is the one kept. Whoever makes it calls
 * `clear`, or the timer and the listener stay.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #parent: AbortSignal;
  readonly #onAbort = (): void => this.#controller.abort(this.#parent.reason);

  constructor(parent: AbortSignal, ms: number) {
    this.#parent = parent;
    this.#timer = setTimeout(() => this.#controller.abort(new DeadlineError(ms)), ms);
    if (parent.aborted) this.#onAbort();
    else parent.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** it was the time that ran out, not the parent that ended it */
  get timedOut(): boolean {
    return this.#controller.signal.reason instanceof DeadlineError;
  }

  /** @throws DeadlineError or the parent's reason, if that comes before the promise settles */
  async race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener('abort', this.#onAbort);
  }
}

/** A signal for what must not be cancelled; one each, because listeners pile up on a shared one. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** Runs `work` under a time limit of its own, and clears it. */
export async function withDeadline<T>(
  parent: AbortSignal,
  ms: number,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(parent, ms);
  try {
    return await work(deadline);
  } finally {
    deadline.clear();
  }
}
