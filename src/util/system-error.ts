import { getSystemErrorMap } from 'node:util';

/**
 * What the system says about an error, as words that fit into a sentence: `permission denied`. Node's own message would
 * repeat the path and name the system call.
 */
export function reasonOf(error: unknown): string {
  // zlib has numbers of its own, which mean something else there
  const isOfSystem = error instanceof Error && 'errno' in error && 'syscall' in error;
  const errno = isOfSystem ? Number(error.errno) : Number.NaN;
  return getSystemErrorMap().get(errno)?.[1] ?? (error instanceof Error ? error.message : String(error));
}
