import type { Rollout } from '../model/plan.ts';

/** Some of the chosen instances: a number of them, or a percentage from 0 to 100. */
export type Share = { readonly count: number } | { readonly percent: number };

export interface RolloutRequest {
  /** the sizes of the waves, the last one again and again; empty: one wave */
  readonly serial: readonly Share[];
  readonly pauseMs: number;
  /** null: however many fail */
  readonly maxFail: Share | null;
}

export const ALL_AT_ONCE: RolloutRequest = { serial: [], pauseMs: 0, maxFail: null };

/** What the request means for so many targets. */
export function rolloutOf({ serial, pauseMs, maxFail }: RolloutRequest, targets: number): Rollout {
  const maxFailures = maxFail === null ? null : countOf(maxFail, targets);
  return { waves: waveSizes(serial, targets), pauseMs, maxFailures };
}

/** A wave has one target at least, and no more than are left. */
function waveSizes(serial: readonly Share[], targets: number): number[] {
  const wanted = serial.map((share) => Math.max(1, countOf(share, targets)));
  const sizes: number[] = [];
  for (let left = targets; left > 0; left -= sizes.at(-1) as number) {
    sizes.push(Math.min(left, wanted[sizes.length] ?? wanted.at(-1) ?? left));
  }
  return sizes;
}

/** More than 10 % of 25 are more than 2. */
function countOf(share: Share, targets: number): number {
  return 'count' in share ? share.count : Math.floor((targets * share.percent) / 100);
}
