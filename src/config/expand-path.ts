import { resolve } from 'node:path';

/** Makes a path absolute: `~` and `~/…` are meant from the home folder, a relative one from `cwd`. */
export function expandPath(path: string, cwd: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(cwd, path);
}
