import { shellCommand } from '../../util/shell-quote.ts';
import { compact } from '../runner.ts';
import list from './list.sh';
import send from './send.sh';

/** Where a pattern begins: the home, the root, or a folder of the user's, by its whole path. */
export type Base = '~' | '/' | (string & {});

/**
 * What stands between two slashes of a pattern: a name, something with `*`, `?` or `[a-z]` in it, or (`deep`) any number
 * of folders.
 */
export interface Segment {
  readonly kind: 'name' | 'pattern' | 'deep';
  /** '' for `deep` */
  readonly text: string;
}

/** Names what matches; see list.sh for what it says. */
export function listProgram(nonce: string, base: Base, segments: readonly Segment[]): string {
  const words = segments.flatMap(({ kind, text }) => [kind, text]);
  return `${compact([list])}list ${shellCommand([nonce, base, ...words])}\n`;
}

/** Runs what comes on stdin, line by line. */
export function sendCommand(nonce: string): string {
  return shellCommand(['sh', '-c', 'echo "SPOT1 $1"; exec sh -s', 'spot', nonce]);
}

/** What stands before the requests; see send.sh for the answers. */
export function sendProgram(): string {
  return compact([send]);
}

/**
 * Asks for the first bytes of a file.
 * @param mine SHA-256 of what is here, hex, or null where nothing is
 * @param anyway it is wanted, too, where it differs from that
 */
export function offerRequest(path: string, sizeBytes: number, mine: string | null, anyway: boolean): string {
  const wanted = mine === null || anyway ? 'yes' : 'no';
  return `${shellCommand(['offer', path, String(sizeBytes), mine ?? '-', wanted])}\n`;
}

/**
 * Asks for the digests of small files at once, and, where `bytes` is not 0, for their contents.
 * @param bytes sum of their sizes
 * @param paths without line breaks and backslashes
 */
export function bundleRequest(bytes: number, paths: readonly string[]): string {
  return `${shellCommand(['bundle', String(bytes), ...paths])}\n`;
}

/** Asks where a symbolic link leads. */
export function linkRequest(path: string): string {
  return `${shellCommand(['tell_link', path])}\n`;
}
