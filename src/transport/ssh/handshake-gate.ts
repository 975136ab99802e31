/** Handshakes under way at first: twice as many would be enough for sshd's default MaxStartups (10:30:100) to refuse some. */
const FIRST_LIMIT = 16;
const LARGEST_LIMIT = 512;
/** A handshake that takes longer gives its place to another: silent hosts must not hold up the others, ms. */
const LONGEST_HOLD_MS = 1000;

/** How a handshake came out, for the pace: `overload` means that the host hung up before the login. */
export type HandshakeEnd = 'done' | 'overload' | 'failed';

/** A place in the gate; `leave` once the handshake has ended. */
export interface Place {
  leave(end: HandshakeEnd): void;
}

/**
 * Bounds the handshakes under way, and finds out how many the hosts bear, as TCP does with its window: each success
 * allows one more, until hosts hang up; that halves the limit, and from then on it grows by one a round only.
 */
export class HandshakeGate {
  readonly #waiting: (() => void)[] = [];
  #limit = FIRST_LIMIT;
  #underWay = 0;
  #careful = false;
  /** counts halvings: what began before the last one says nothing about the limit after it */
  #era = 0;

  /** handshakes allowed at once */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Waits for a place. @throws the signal's reason */
  async enter(signal: AbortSignal): Promise<Place> {
    signal.throwIfAborted();
    if (this.#underWay < this.limit) this.#underWay += 1;
    else await this.#turn(signal);
    return this.#place(this.#era);
  }

  /** Whoever admits has counted it already. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal.reason as Error);
      };
      const go = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(go);
    });
  }

  #place(era: number): Place {
    let holds = true;
    const free = (): void => {
      if (!holds) return;
      holds = false;
      this.#underWay -= 1;
      this.#admit();
    };
    const timer = setTimeout(free, LONGEST_HOLD_MS);
    return {
      leave: (end) => {
        clearTimeout(timer);
        this.#learn(end, era);
        free();
      },
    };
  }

  #learn(end: HandshakeEnd, era: number): void {
    if (end === 'done') {
      this.#limit = Math.min(LARGEST_LIMIT, this.#limit + (this.#careful ? 1 / this.#limit : 1));
    } else if (end === 'overload' && era === this.#era) {
      this.#limit = Math.max(1, this.#limit / 2);
      this.#careful = true;
      this.#era += 1;
    }
  }

  #admit(): void {
    while (this.#underWay < this.limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay += 1;
      next();
    }
  }
}
