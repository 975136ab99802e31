import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** As many links in a row as Linux follows (MAXSYMLINKS in include/linux/namei.h). */
const MAX_LINKS = 40;

export type Followed =
  /** without any link in it, and what is there */
  | { readonly isReached: true; readonly path: string; readonly stats: Stats }
  /** how far the way led, without any link in it, and the code of the system, such as `ENOENT` */
  | { readonly isReached: false; readonly path: string; readonly code: string };

/**
 * Follows a path part by part, as the kernel does. `realpath` would not do: where the way ends, it does not say in which
 * folder that was.
 * @param path absolute
 */
export function followPath(path: string): Followed {
  const ahead = path.split('/').reverse();
  let [here, stats] = ['/', lstatSync('/')];
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (!stats.isDirectory()) return { isReached: false, path: here, code: 'ENOTDIR' };
    const next = stepFrom(here, part);
    try {
      const found = lstatSync(next);
      if (!found.isSymbolicLink()) {
        [here, stats] = [next, found];
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) return { isReached: false, path: next, code: 'ELOOP' };
      const target = targetOf(next);
      ahead.push(...(target ?? part).split('/').reverse());
      if (target?.startsWith('/')) [here, stats] = ['/', lstatSync('/')];
    } catch (error) {
      return { isReached: false, path: next, code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
    }
  }
  return { isReached: true, path: here, stats };
}

/** No part of `here` is a link, so that the folder above it is the one in its words. */
function stepFrom(here: string, part: string): string {
  if (part === '' || part === '.') return here;
  return part === '..' ? dirname(here) : join(here, part);
}

/** @returns null where something else has taken its place meanwhile */
function targetOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null;
    throw error;
  }
}
