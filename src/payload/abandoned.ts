import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UNFINISHED_PREFIX } from './archive-file.ts';

/** Whoever packs writes more often, ms. */
const ABANDONED_MS = 3_600_000;

/**
 * Removes from a folder the archives that nobody will finish, as whoever packed them was killed. Tidying up is no reason
 * to fail: what cannot be removed stays.
 * @param now ms since the epoch
 */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const unfinished = names.filter((name) => name.startsWith(UNFINISHED_PREFIX)).map((name) => join(folder, name));
  await Promise.allSettled(
    unfinished.map(async (path) => {
      const { mtimeMs } = await stat(path);
      if (now - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true });
    }),
  );
}
