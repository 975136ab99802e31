import { usageError } from '../../../model/errors.ts';
import { ExitCode } from '../../../model/exit-code.ts';
import { PayloadStore } from '../../../payload/store.ts';
import { type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { removedText } from '../../payload-view.ts';
import { canAsk, requireYes } from '../../prompt.ts';
import { requireName, requireVersion } from '../../../payload/registered.ts';

export interface PayloadRemoveOptions extends GlobalOptions {
  readonly yes?: boolean;
}

/** `spot payload remove`: forgets one version, or with a second word all of a name. */
export async function removePayload(word: string, options: PayloadRemoveOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const one = word.includes('@') ? requireVersion(word, state) : null;
    const count = one === null ? requireName(word, state).length : 1;
    if (count > 1 && !options.yes) await requireConsent(word, count, io);
    const removed = state.payloads.remove(one?.name ?? word, one?.version ?? null);
    new PayloadStore(config.stateDir, state.payloads).discard(removed.map(({ checksum }) => checksum));
    io.stderr.write(removedText(removed));
    return ExitCode.ok;
  });
}

async function requireConsent(name: string, count: number, io: Io): Promise<void> {
  if (canAsk(io)) return requireYes(io, `Remove all ${count} versions of ${name}?`, false);
  throw usageError('not-confirmed', `${name} has ${count} versions; name one as ${name}@1, or say --yes to remove all`);
}
