import type { Config } from '../config/config.ts';
import { duePlaces, type Place, placesOf } from '../fleet/places.ts';
import { type RegionSync, syncFleet } from '../fleet/sync.ts';
import type { State } from '../state/state.ts';
import { openCloud } from './cloud.ts';
import type { Io } from './io.ts';
import { describeAges, describeChanges, describeProblems, type LastSeen } from './sync-view.ts';

export interface SyncSurroundings {
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
}

export interface AutoSync extends SyncSurroundings {
  readonly options: {
    /** false for --no-sync */
    readonly sync?: boolean;
    readonly dryRun?: boolean;
    readonly quiet?: boolean;
  };
}

/** Where there is something to look up: nowhere, for whoever has nothing in AWS. */
export function placesInUse({ config, state }: Pick<SyncSurroundings, 'config' | 'state'>): Place[] {
  return placesOf(config.aws.isUsed ? config.aws.regions : [], state.instances.list());
}

/** @param signal aborted to give it up */
export async function syncPlaces(
  places: readonly Place[],
  { config, state, io }: SyncSurroundings,
  more: { readonly withPrices: boolean; readonly signal?: AbortSignal },
): Promise<RegionSync[]> {
  const cloud = await openCloud(config, io);
  const close = (): void => cloud.close();
  more.signal?.addEventListener('abort', close, { once: true });
  try {
    const request = { places, tags: config.aws.tags, withPrices: more.withPrices };
    return await syncFleet(request, { cloud, state, clock: io.clock });
  } finally {
    more.signal?.removeEventListener('abort', close);
    close();
  }
}

export function lastSeenOf({ state, io }: Pick<SyncSurroundings, 'state' | 'io'>): LastSeen {
  return { lastOf: (region) => state.syncs.lastOf(region), now: io.clock.now() };
}

/**
 * Looks up what was not looked up for `aws.sync_max_age`, and does `work` meanwhile. Where EC2 cannot be asked there is a
 * warning, and the state as it was seen last. A dry run asks nobody, and says how old the state is.
 * @returns what `work` gives; null where nothing was to be looked up, and `work` was not begun
 */
export async function syncWhile<T>(request: AutoSync, work: () => Promise<T>): Promise<T | null> {
  const { options, io } = request;
  const due = options.sync === false ? [] : dueNow(request);
  if (due.length === 0) return null;
  if (options.dryRun) {
    const regions = due.map(({ region }) => region);
    io.stderr.write(`nothing is looked up in a dry run: ${describeAges(regions, lastSeenOf(request))}\n`);
    return null;
  }
  const [syncs, result] = await besides((signal) => syncPlaces(due, request, { withPrices: false, signal }), work);
  for (const problem of describeProblems(syncs, lastSeenOf(request))) io.stderr.write(`spot: warning: ${problem}\n`);
  if (!options.quiet) sayChanges(syncs, io);
  return result;
}

/** What was not looked up for longer than the configuration wants. */
export function dueNow({ config, state, io }: SyncSurroundings): Place[] {
  const maxAge = { now: io.clock.now(), maxAgeMs: config.aws.syncMaxAgeMs };
  return duePlaces(placesInUse({ config, state }), (region) => state.syncs.lastOf(region), maxAge);
}

/** Does two things at once; the first one is given up where the second fails. */
async function besides<A, B>(first: (signal: AbortSignal) => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const giveUp = new AbortController();
  const [a, b] = await Promise.allSettled([
    first(giveUp.signal),
    second().catch((error: unknown) => {
      giveUp.abort();
      throw error;
    }),
  ]);
  if (b.status === 'rejected') throw b.reason;
  if (a.status === 'rejected') throw a.reason;
  return [a.value, b.value];
}

/** The same, without anything to do meanwhile. */
export async function syncWhereDue(request: AutoSync): Promise<void> {
  await syncWhile(request, async () => undefined);
}

export function sayChanges(syncs: readonly RegionSync[], io: Io): void {
  for (const sync of syncs) {
    const changes = describeChanges(sync);
    if (changes !== null) io.stderr.write(`${changes}\n`);
  }
}
