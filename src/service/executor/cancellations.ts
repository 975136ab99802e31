import type { State } from '../../state/state.ts';

/** How often it is looked whether somebody wants an end, ms. */
const LOOK_MS = 300;

/** Somebody's work on a deployment. */
export interface Cancellable {
  /** @param by who wants it */
  cancel(by: string): void;
}

/** Tells whoever works on a deployment that somebody wants it to end: one question for all of them, as long as there are any. */
export class Cancellations {
  readonly #deployments: Pick<State['deployments'], 'cancelledAmong'>;
  readonly #onProblem: (error: unknown) => void;
  readonly #works = new Map<string, Cancellable>();
  #timer: NodeJS.Timeout | null = null;

  /** @param onProblem told why it could not be looked; it is tried again */
  constructor(deployments: Pick<State['deployments'], 'cancelledAmong'>, onProblem: (error: unknown) => void) {
    this.#deployments = deployments;
    this.#onProblem = onProblem;
  }

  add(id: string, work: Cancellable): void {
    this.#works.set(id, work);
    this.#timer ??= setInterval(() => this.#look([...this.#works.keys()]), LOOK_MS);
  }

  remove(id: string): void {
    this.#works.delete(id);
    if (this.#works.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Somebody has just asked for it in this process. */
  lookNow(id: string): void {
    if (this.#works.has(id)) this.#look([id]);
  }

  #look(ids: readonly string[]): void {
    try {
      for (const [id, by] of this.#deployments.cancelledAmong(ids)) this.#works.get(id)?.cancel(by);
    } catch (error) {
      this.#onProblem(error);
    }
  }
}
