import type { Raw } from './kinds.ts';
import type { KeyPath } from './schema.ts';

export type Source = 'flag' | 'environment' | 'file';

/** One key as one source gives it. */
export interface Setting {
  readonly key: KeyPath;
  /** null where a file says `null` or leaves the value out */
  readonly raw: Raw | null;
  readonly source: Source;
  /** how messages name it: `--concurrency`, `SPOT_LIMITS_CONCURRENCY`, `config.yaml:4: limits.concurrency` */
  readonly where: string;
  /** where it is given, without the key: `--concurrency`, `SPOT_LIMITS_CONCURRENCY`, `config.yaml:4` */
  readonly place: string;
}

/** Something wrong in a source; a whole sentence with its place. */
export interface ConfigProblem {
  readonly source: Source;
  readonly message: string;
}

/** What is found in a source, in its order. */
export type Entry = Setting | ConfigProblem;

export function isProblem(entry: Entry): entry is ConfigProblem {
  return 'message' in entry;
}
