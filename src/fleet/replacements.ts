import { isDeepStrictEqual } from 'node:util';
import { CREATION_TAG } from '../model/creation.ts';
import type { Instance } from '../model/instance.ts';

/** One instance in the place of another one. */
export interface Replacement {
  readonly lost: Instance;
  readonly instance: Instance;
}

export interface Replacements {
  /** in the order of the lost ones */
  readonly pairs: readonly Replacement[];
  /** nobody stands in for them yet */
  readonly unreplaced: readonly Instance[];
  /** they could stand in for one of the lost, and there are more of them than of those */
  readonly surplus: readonly Instance[];
}

/**
 * Finds who stands in for lost instances: it has the same tags, but for those that every instance has of its own, and was
 * launched later. Each stands in for one, both in the order of their launches.
 * @param candidates those that are ready and had no part in it
 */
export function findReplacements(lost: readonly Instance[], candidates: readonly Instance[]): Replacements {
  const free = new Set([...candidates].sort(byLaunch));
  const found = new Map<Instance, Instance>();
  for (const one of [...lost].sort(byLaunch)) {
    const instance = [...free].find((candidate) => standsInFor(candidate, one));
    if (instance === undefined) continue;
    found.set(one, instance);
    free.delete(instance);
  }
  return {
    pairs: lost.flatMap((one) => {
      const instance = found.get(one);
      return instance === undefined ? [] : [{ lost: one, instance }];
    }),
    unreplaced: lost.filter((one) => !found.has(one)),
    surplus: [...free].filter((candidate) => lost.some((one) => standsInFor(candidate, one))),
  };
}

function standsInFor(candidate: Instance, lost: Instance): boolean {
  if (candidate.launchedAt === null || lost.launchedAt === null) return false;
  return candidate.launchedAt > lost.launchedAt && isDeepStrictEqual(sharedTags(candidate), sharedTags(lost));
}

/** Tags that say what an instance is for, and not where it comes from. */
function sharedTags({ tags }: Instance): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && key !== CREATION_TAG));
}

function byLaunch(a: Instance, b: Instance): number {
  return (a.launchedAt ?? '').localeCompare(b.launchedAt ?? '') || a.instanceId.localeCompare(b.instanceId);
}
