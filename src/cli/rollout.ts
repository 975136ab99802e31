import { usageError } from '../model/errors.ts';
import type { RolloutRequest, Share } from '../run/rollout.ts';
import { readDuration } from './duration-flag.ts';

/** Flags that say in which waves a run goes on, and when it goes on no more. */
export interface RolloutOptions {
  readonly serial?: string;
  readonly pause?: string;
  readonly maxFail?: string;
  readonly failFast?: boolean;
}

/** @throws SpotError (exit 64) for a value that makes no sense */
export function readRollout({ serial, pause, maxFail, failFast }: RolloutOptions): RolloutRequest {
  if (pause !== undefined && serial === undefined) {
    const message = '--pause is between waves, and without --serial there is one only; add --serial 1,10%,100%';
    throw usageError('pause-without-serial', message);
  }
  return {
    serial: serial === undefined ? [] : serial.split(',').map(readWaveSize),
    pauseMs: pause === undefined ? 0 : readDuration('--pause', pause),
    maxFail: failFast ? { count: 0 } : maxFail === undefined ? null : readMaxFail(maxFail),
  };
}

/** @throws SpotError (exit 64) where a client that leaves would have to come back to start more */
export function refuseToLeave(options: RolloutOptions & { readonly detach?: boolean }): void {
  const flags = { serial: '--serial', maxFail: '--max-fail', failFast: '--fail-fast' } as const;
  const given = (Object.keys(flags) as (keyof typeof flags)[]).find((name) => options[name]);
  if (!options.detach || given === undefined) return;
  const message = `--detach leaves before the scripts have ended, and ${flags[given]} waits for how they end; leave one of them out`;
  throw usageError('contradiction', message);
}

function readWaveSize(word: string): Share {
  const share = readShare(word);
  const amount = share === null ? 0 : Object.values(share)[0];
  if (share !== null && amount !== 0) return share;
  throw usageError('flag-invalid', `--serial: ${shown(word)} is not the size of a wave; write it like 1,10%,100%`);
}

function readMaxFail(word: string): Share {
  const share = readShare(word);
  if (share !== null) return share;
  throw usageError('flag-invalid', `--max-fail: ${shown(word)} is not a count or a percentage; write it like 2 or 10%`);
}

/** `3`, `10%`; null for anything else. */
function readShare(word: string): Share | null {
  const [, digits = '', sign] = /^(\d{1,9})(%?)$/.exec(word.trim()) ?? [];
  if (sign === undefined || (sign === '%' && Number(digits) > 100)) return null;
  return sign === '%' ? { percent: Number(digits) } : { count: Number(digits) };
}

function shown(word: string): string {
  return JSON.stringify(word);
}
