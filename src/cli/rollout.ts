import { usageError } from '../model/errors.ts';
import type { RolloutRequest, Share } from '../run/rollout.ts';
import { parseDuration } from '../util/parse-quantity.ts';

/** Flags that say in which waves a run goes on, and when it goes on no more. */
export interface RolloutOptions {
  readonly serial?: string;
  readonly pause?: string;
  readonly maxFail?: string;
  readonly failFast?: boolean;
}

/** Node's timers hold at most 24.8 days, and fire at once beyond that. */
const LONGEST_PAUSE_MS = parseDuration('24d') as number;

/** @throws SpotError (exit 64) for a value that makes no sense */
export function readRollout({ serial, pause, maxFail, failFast }: RolloutOptions): RolloutRequest {
  if (pause !== undefined && serial === undefined) {
    const message = '--pause is between waves, and without --serial there is one only; add --serial 1,10%,100%';
    throw usageError('pause-without-serial', message);
  }
  return {
    serial: serial === undefined ? [] : serial.split(',').map(readWaveSize),
    pauseMs: pause === undefined ? 0 : readPause(pause),
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

function readPause(word: string): number {
  const ms = parseDuration(word);
  if (ms === null) {
    throw usageError('flag-invalid', `--pause: ${shown(word)} is not a duration; write it like 10s, 5m or 1h30m`);
  }
  if (ms > LONGEST_PAUSE_MS) throw usageError('flag-invalid', `--pause: ${shown(word)} is too long; the most is 24d`);
  return ms;
}

function shown(word: string): string {
  return JSON.stringify(word);
}
