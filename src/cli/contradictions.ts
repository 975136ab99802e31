import { usageError } from '../model/errors.ts';
import type { ShowOptions } from './drive.ts';

/** Two options of which only one makes sense. */
export type Contradiction<T> = readonly [keyof T & string, keyof T & string];

/** Those of every command that shows a run. */
const SHOWING: readonly Contradiction<ShowOptions>[] = [
  ['json', 'jsonLines'],
  ['quiet', 'verbose'],
];

/** @throws SpotError (exit 64) where two of them are given */
export function refuseContradictions<T extends ShowOptions>(options: T, pairs: readonly Contradiction<T>[] = []): void {
  for (const [a, b] of [...SHOWING, ...pairs]) if (options[a] && options[b]) refuseBoth(flagOf(a), flagOf(b));
}

export function refuseBoth(a: string, b: string): never {
  throw usageError('contradiction', `${a} and ${b} exclude each other; leave one of them out`);
}

/** `--copy-only` for `copyOnly`. */
function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
