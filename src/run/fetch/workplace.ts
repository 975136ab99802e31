import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeAbandoned } from '../../util/remove-abandoned.ts';

const PREFIX = '.fetching-';

/** Whoever fetches makes and removes entries in it more often than that, ms. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** A folder for files that are under way, beside the folders they will go to. */
export interface Workplace {
  /** absolute */
  readonly path: string;
  /** and the folder it is in, where that was made for it and nothing has come into it */
  remove(): Promise<void>;
}

/**
 * Makes one, and the folder it is in; removes those that nobody has worked in for a day.
 * @param now ms since the epoch
 * @throws Error of the system
 */
export async function openWorkplace(folder: string, now: number): Promise<Workplace> {
  const made = await mkdir(folder, { recursive: true });
  await removeAbandoned(folder, { prefix: PREFIX, afterMs: ABANDONED_MS }, now);
  const path = await mkdtemp(join(folder, PREFIX));
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true });
      if (made !== undefined) await removeEmpty(folder, made);
    },
  };
}

/** From a folder up to one above it, as long as there is nothing in them. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  try {
    await rmdir(folder);
    if (folder !== top) await removeEmpty(dirname(folder), top);
  } catch {
    // it is of use
  }
}

/**
 * What the folder of each instance is called: its name if no other one has it, else its id; in characters that every
 * system takes. The same for every fetch of a run.
 */
export function folderNames(
  instances: readonly { readonly instanceId: string; readonly name: string | null }[],
): string[] {
  const names = instances.map(({ instanceId, name }) => safeName(name ?? instanceId));
  const uses = countOf(names);
  const byId = instances.map(({ instanceId }, index) => {
    const name = names[index] as string;
    return uses.get(name) === 1 ? name : safeName(instanceId);
  });
  const taken = new Set<string>();
  return byId.map((name) => {
    let free = name;
    for (let number = 2; taken.has(free); number += 1) free = `${name}_${number}`;
    taken.add(free);
    return free;
  });
}

function safeName(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9_.:@-]/g, '_').replace(/^[.-]/, '_');
  return safe.slice(0, 200) || '_';
}

function countOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
