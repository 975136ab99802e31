import type { Problem } from '../model/errors.ts';

/** A problem, or its absence, in two columns. */
export interface ProblemColumns {
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

export function problemOf({ errorCode, errorMessage }: ProblemColumns): Problem | null {
  return errorCode === null ? null : { code: errorCode, message: errorMessage ?? '' };
}

export function problemColumns(problem: Problem | null): ProblemColumns {
  return { errorCode: problem?.code ?? null, errorMessage: problem?.message ?? null };
}
