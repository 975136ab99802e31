import type { RegionSync } from '../../fleet/sync.ts';
import { harmless } from '../../report/text.ts';
import { lastSeenOf, syncPlaces } from '../auto-sync.ts';
import { type FlagKeys, type GlobalOptions, readConfig, withState } from '../context.ts';
import { placesOf } from '../../fleet/places.ts';
import type { Io } from '../io.ts';
import { describeByHand, describeProblems, describeSync, type LastSeen, syncDocument } from '../sync-view.ts';

export interface SyncOptions extends GlobalOptions {
  readonly region?: readonly string[];
  readonly json?: boolean;
}

const FLAG_KEYS: FlagKeys = { regions: { key: 'aws.regions', flag: '--region' } };

/** `spot sync`: what EC2 has, into the state. */
export async function sync(options: SyncOptions, io: Io): Promise<number> {
  const given = options.region === undefined ? {} : { regions: options.region.join(',') };
  const config = await readConfig({ ...options, ...given }, io, FLAG_KEYS);
  return withState(config, io, async (state) => {
    const known = options.region === undefined ? state.instances.list() : [];
    const places = placesOf(config.aws.regions, known);
    const syncs = await syncPlaces(places, { config, state, io }, { withPrices: true });
    const exitCode = exitCodeOf(syncs);
    say(syncs, lastSeenOf({ state, io }), io);
    if (options.json) {
      const document = syncDocument(syncs, exitCode, lastSeenOf({ state, io }));
      io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    }
    return exitCode;
  });
}

/** That of the worst region: a wrong configuration before an EC2 that does not answer. */
function exitCodeOf(syncs: readonly RegionSync[]): number {
  return Math.max(0, ...syncs.map(({ problem }) => problem?.exitCode ?? 0));
}

function say(syncs: readonly RegionSync[], lastSeen: LastSeen, io: Io): void {
  for (const sync of syncs) {
    if (sync.problem === null) io.stderr.write(`${describeSync(sync)}\n`);
    const byHand = describeByHand(sync);
    if (byHand !== null) io.stderr.write(`spot: note: ${byHand}\n`);
    const { priceProblem } = sync;
    if (priceProblem !== null) io.stderr.write(`spot: warning: no spot prices: ${harmless(priceProblem.message)}\n`);
  }
  for (const problem of describeProblems(syncs, lastSeen)) io.stderr.write(`spot: ${problem}\n`);
}
