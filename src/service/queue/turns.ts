/** Requests that are remembered at most before those are forgotten that the queue has passed. */
const REMEMBERED = 1000;

/**
 * Where in the line keys come that were put off: those of a request one behind the other, beginning behind the place that
 * the queue is at.
 */
export class Turns {
  /** the place that the queue is at, as far as it is known here */
  #place = 0;
  readonly #next = new Map<string, number>();

  get place(): number {
    return this.#place;
  }

  /** how many requests are known */
  get remembered(): number {
    return this.#next.size;
  }

  passed(place: number): void {
    this.#place = Math.max(this.#place, place);
  }

  /** @returns its place in the line, or null where it is its turn */
  take(requestId: string): number | null {
    const first = this.#place + 1;
    const place = Math.max(first, this.#next.get(requestId) ?? first);
    this.#forgetPassed();
    this.#next.set(requestId, place + 1);
    return place === first ? null : place;
  }

  #forgetPassed(): void {
    if (this.#next.size < REMEMBERED) return;
    for (const [requestId, next] of this.#next) if (next <= this.#place + 1) this.#next.delete(requestId);
  }
}
