import { inputError, type SpotError } from '../../model/errors.ts';
import { quoteText } from '../../payload/quote-text.ts';
import type { PROBLEMS } from '../problems.ts';

type ProblemCode = keyof typeof PROBLEMS;

/** An error with one of the codes that clients know. */
export function refusal(code: ProblemCode, message: string, cause?: unknown): SpotError {
  return inputError(code, message, cause);
}

/** The same for a path: it stands in the sentence as it was asked for. @param what to be read behind it */
export function pathRefusal(code: ProblemCode, path: string, what: string): SpotError {
  return refusal(code, `payload_path ${quoteText(path)} ${what}`);
}

/** @param reason why, in words of the system */
export function unreadable(path: string, reason: string): SpotError {
  return pathRefusal('payload-unreadable', path, `cannot be read: ${reason}; allow it to the user of the service`);
}
