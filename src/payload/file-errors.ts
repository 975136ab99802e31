import type { SpotError } from '../model/errors.ts';
import { inputError } from '../model/errors.ts';
import { reasonOf } from '../util/system-error.ts';

/** A file or folder that exists and cannot be read. @param advice what to do about it */
export function unreadable(
  path: string,
  error: unknown,
  advice = 'make it readable, or name it in .spotignore',
): SpotError {
  const message = `${path} cannot be read: ${reasonOf(error)}; ${advice}`;
  return inputError('files-unreadable', message, error);
}

/** A file that is not what it was a moment ago. @param how e.g. `it is gone` */
export function changed(path: string, how: string, error?: unknown): SpotError {
  const message = `${path} changed while it was packed: ${how}; try again once nothing writes to it`;
  return inputError('file-changed', message, error);
}

/** `ENOENT` and the like, or undefined for what is no error of the system. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
