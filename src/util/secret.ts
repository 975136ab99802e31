import { inspect } from 'node:util';

const REDACTED = '[REDACTED]';

/** A value that prints `[REDACTED]` wherever it ends up by accident; `reveal` opens it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
