import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Abandoned {
  /** of the names of what somebody works on */
  readonly prefix: string;
  /** whoever works on it changes it more often, ms */
  readonly afterMs: number;
}

/**
 * Removes from a folder what nobody will finish, as whoever was at it was killed. Tidying up is no reason to fail: what
 * cannot be removed stays.
 * @param now ms since the epoch
 */
export async function removeAbandoned(folder: string, { prefix, afterMs }: Abandoned, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const unfinished = names.filter((name) => name.startsWith(prefix)).map((name) => join(folder, name));
  await Promise.allSettled(
    unfinished.map(async (path) => {
      const { mtimeMs } = await stat(path);
      if (now - mtimeMs > afterMs) await rm(path, { recursive: true });
    }),
  );
}
