import { ExitCode } from '../../../model/exit-code.ts';
import { PayloadStore } from '../../../payload/store.ts';
import { verifyVersion } from '../../../payload/verify.ts';
import type { PayloadRecord } from '../../../state/payloads.ts';
import type { State } from '../../../state/state.ts';
import { type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { type Verified, verifyDocument, verifyText } from '../../payload-view.ts';
import { requireName, requireVersion } from '../../../payload/registered.ts';

export interface PayloadVerifyOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `spot payload verify`: compares archives with the registry, and what is in them with their manifests. */
export async function verifyPayloads(words: readonly string[], options: PayloadVerifyOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const store = new PayloadStore(config.stateDir, state.payloads);
    const all: Verified[] = [];
    for (const record of versionsMeant(words, state)) {
      await store.provide(record.checksum);
      const damages = await verifyVersion(record, config.stateDir);
      // what another process removes meanwhile is not damaged
      if (state.payloads.find(record.name, record.version) !== null) all.push({ record, damages });
    }
    if (options.json) io.stdout.write(`${JSON.stringify(verifyDocument(all, config.stateDir), null, 2)}\n`);
    else if (all.length === 0) io.stderr.write(`no payload in ${state.path}; there is nothing to verify\n`);
    else io.stdout.write(verifyText(all, io.stdout.columns));
    return all.some(({ damages }) => damages.length > 0) ? ExitCode.noInput : ExitCode.ok;
  });
}

/** A name stands for all of its versions, no word for everything. */
function versionsMeant(words: readonly string[], state: State): PayloadRecord[] {
  if (words.length === 0) return state.payloads.list();
  return words.flatMap((word) => (word.includes('@') ? [requireVersion(word, state)] : requireName(word, state)));
}
