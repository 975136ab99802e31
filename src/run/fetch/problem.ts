import type { Problem } from '../../model/errors.ts';

/** Nothing (more) is fetched from this instance: what it says, or what is here, does not allow it. */
export class FetchRejected extends Error implements Problem {
  override readonly name = 'FetchRejected';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Something that was found and is not fetched; the rest is. */
export interface Refusal extends Problem {
  /** below the instance's folder; as the instance says it: anything may stand in it. '' where it is not about one path */
  readonly path: string;
}
