import { isConfirmed } from '../model/evidence.ts';
import type { Instance } from '../model/instance.ts';
import type { Shortfall } from '../state/history.ts';

/** The longest time until an instance that failed gets another try, unless it is looked at more rarely, ms. */
const LONGEST_WAIT_MS = 600_000;

/** What is left to do for a payload at one moment. */
export interface Backlog {
  /** they lack it, and it is their turn */
  readonly due: readonly Instance[];
  /** nobody knows whether they have it, or whether its script still runs there: a second one must not be started */
  readonly unclear: readonly { readonly instance: Instance; readonly runId: string }[];
}

export interface BacklogFacts {
  /** the ids of instances on which it has succeeded */
  readonly had: ReadonlySet<string>;
  /** the attempts by which it has not, oldest run first; an open one is under way, whoever it belongs to */
  readonly shortfalls: readonly Shortfall[];
  /** ms since the epoch */
  readonly now: number;
  /** a script must not run twice where nobody knows; a copy may be made again */
  readonly mode: 'run' | 'copy';
  /** how often the state is looked at, ms */
  readonly intervalMs: number;
}

/**
 * Which instances are to get a payload now. One that failed has to wait, twice as long each time; one that was never
 * begun has not failed. All of this is in the ledger, so that whoever starts to watch anew knows it.
 */
export function backlogOf(
  chosen: readonly Instance[],
  { had, shortfalls, now, mode, intervalMs }: BacklogFacts,
): Backlog {
  const histories = byInstance(shortfalls);
  const due: Instance[] = [];
  const unclear: Backlog['unclear'][number][] = [];
  for (const instance of chosen) {
    const history = histories.get(instance.instanceId) ?? [];
    if (had.has(instance.instanceId) || history.some(({ outcome }) => outcome === null)) continue;
    const last = history.at(-1);
    if (last !== undefined && mode === 'run' && isUnclear(last)) unclear.push({ instance, runId: last.runId });
    else if (turnOf(history, intervalMs) <= now) due.push(instance);
  }
  return { due, unclear };
}

/** How long to wait after so many failures in a row (from 1), ms. */
export function waitAfter(failures: number, intervalMs: number): number {
  return Math.max(intervalMs, Math.min(LONGEST_WAIT_MS, intervalMs * 2 ** (failures - 1)));
}

function byInstance(shortfalls: readonly Shortfall[]): ReadonlyMap<string, readonly Shortfall[]> {
  const groups = new Map<string, Shortfall[]>();
  for (const shortfall of shortfalls) {
    const group = groups.get(shortfall.instanceId) ?? [];
    groups.set(shortfall.instanceId, group);
    group.push(shortfall);
  }
  return groups;
}

function isUnclear({ outcome, evidence }: Shortfall): boolean {
  return outcome === 'lost' || !isConfirmed(evidence);
}

/** ms since the epoch */
function turnOf(history: readonly Shortfall[], intervalMs: number): number {
  const failures = history.filter(({ startedAt }) => startedAt !== null);
  const endedAt = failures.at(-1)?.finishedAt ?? null;
  return endedAt === null ? 0 : Date.parse(endedAt) + waitAfter(failures.length, intervalMs);
}
