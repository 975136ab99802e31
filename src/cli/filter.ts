import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { expandSelectors } from '../inventory/expand-selectors.ts';
import type { Filter } from '../inventory/select.ts';

export interface FilterOptions {
  readonly limit?: readonly string[];
  readonly exclude?: readonly string[];
}

/** What `--limit` and `--exclude` mean, and the tags that instances from EC2 must have. @throws SpotError (exit 64) */
export function filterOf({ options, config }: { readonly options: FilterOptions; readonly config: Config }): Filter {
  const expand = (flag: string, words: readonly string[] = []): string[] =>
    expandSelectors(words, { flag, readFile: (path) => readFileSync(path, 'utf8') });
  const { limit, exclude } = options;
  return { limit: expand('--limit', limit), exclude: expand('--exclude', exclude), tags: config.aws.tags };
}
