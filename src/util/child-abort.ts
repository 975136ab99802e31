/**
 * A signal of its own that also ends when its parent does; the first reason is the one kept. Whoever makes it calls
 * `clear`, or the listener stays.
 */
export class ChildAbort {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onAbort = (): void => this.#controller.abort(this.#parent.reason);

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    if (parent.aborted) this.#onAbort();
    else parent.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  clear(): void {
    this.#parent.removeEventListener('abort', this.#onAbort);
  }
}
