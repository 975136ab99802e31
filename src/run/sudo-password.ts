import type { Secret } from '../util/secret.ts';
import { isPasswordRefusal } from './sudo-refusal.ts';
import type { RunnerSession } from './runner-session.ts';

/** How long the others wait for an instance that does not say what sudo thinks of the password, ms. */
const LONGEST_TURN_MS = 10_000;

/** sudo on another instance has not taken the password: it is not tried on this one. */
export class PasswordRefusedError extends Error {
  override readonly name = 'PasswordRefusedError';

  /** @param label of the instance that has refused it */
  constructor(label: string) {
    super(`sudo on ${label} did not take the password, so that it was tried on no other instance`);
  }
}

/**
 * The password for sudo, the same for all instances of a run. Many wrong ones lock an account, and a typo is the same
 * everywhere: so until one instance has taken it, it goes to one at a time, and one refusal is the last.
 *
 *   untried --an instance takes it--> proven     --refused--> refused
 *   untried --not asked for, link lost, no answer--> untried, and it is another one's turn
 */
export class SudoPassword {
  readonly #secret: Secret;
  #refusal: PasswordRefusedError | null = null;
  #isProven = false;
  /** of the one whose turn it is; settles when that is over */
  #turn: Promise<void> | null = null;

  constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** null as long as nobody has refused it */
  get refusal(): PasswordRefusedError | null {
    return this.#refusal;
  }

  /**
   * Waits until the password may be sent to one more instance.
   * @param signal of whoever waits: it has no turn any more once it is aborted
   * @throws PasswordRefusedError, or the reason of the signal
   */
  async lend(label: string, signal: AbortSignal): Promise<Loan> {
    while (!this.#isProven && this.#refusal === null && this.#turn !== null) await this.#turn;
    if (this.#refusal !== null) throw this.#refusal;
    signal.throwIfAborted();
    let giveBack = (): void => undefined;
    if (!this.#isProven) {
      const turn = new Promise<void>((resolve) => {
        giveBack = () => {
          if (this.#turn === turn) this.#turn = null;
          resolve();
        };
      });
      this.#turn = turn;
    }
    return { secret: this.#secret, giveBack, watch: (session) => void this.#watch(session, label, giveBack) };
  }

  async #watch(session: RunnerSession, label: string, giveBack: () => void): Promise<void> {
    const timer = setTimeout(giveBack, LONGEST_TURN_MS);
    try {
      await session.until('sudo');
      if (session.provesPassword) this.#isProven = true;
    } catch (error) {
      if (isPasswordRefusal(error)) this.#refusal ??= new PasswordRefusedError(label);
    } finally {
      clearTimeout(timer);
      giveBack();
    }
  }
}

/** The password, in the hands of one instance. */
export interface Loan {
  readonly secret: Secret;
  /** it was not sent after all */
  readonly giveBack: () => void;
  /** finds out what sudo thinks of it, and gives it back */
  readonly watch: (session: RunnerSession) => void;
}
