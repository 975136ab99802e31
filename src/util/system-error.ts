import { getSystemErrorMap } from 'node:util';

/**
 * What the system says about an error, as words that fit into a sentence: `permission denied`. Node's own message would
 * repeat the path and name the system call.
 */
export function reasonOf(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : Number.NaN;
  return getSystemErrorMap().get(errno)?.[1] ?? (error instanceof Error ? error.message : String(error));
}
