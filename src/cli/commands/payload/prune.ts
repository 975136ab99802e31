import { ExitCode } from '../../../model/exit-code.ts';
import { PayloadStore } from '../../../payload/store.ts';
import { type FlagKeys, type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { removedText } from '../../payload-view.ts';
import { requireName } from '../../../payload/registered.ts';

export interface PayloadPruneOptions extends GlobalOptions {
  readonly keep?: string;
}

const FLAG_KEYS: FlagKeys = { keep: { key: 'payloads.keep', flag: '--keep' } };

/** `spot payload prune`: forgets old versions of some names, or of all. */
export async function prunePayloads(names: readonly string[], options: PayloadPruneOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io, FLAG_KEYS);
  return withState(config, io, async (state) => {
    for (const name of names) requireName(name, state);
    const meant = names.length === 0 ? [null] : names;
    const removed = meant.flatMap((name) => state.payloads.prune(config.payloads.keep, name));
    await new PayloadStore(config.stateDir, state.payloads).sweep(io.clock.now());
    io.stderr.write(removedText(removed) || 'nothing to remove\n');
    return ExitCode.ok;
  });
}
