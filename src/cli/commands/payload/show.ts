import { ExitCode } from '../../../model/exit-code.ts';
import { openVersion } from '../../../payload/open-version.ts';
import { PayloadStore } from '../../../payload/store.ts';
import { type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { showDocument, showText } from '../../payload-view.ts';
import { requireVersion } from '../../../payload/registered.ts';

export interface PayloadShowOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `spot payload show`: what one version consists of, as its manifest says. */
export async function showPayload(word: string, options: PayloadShowOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const record = requireVersion(word, state);
    const payload = await openVersion(record, new PayloadStore(config.stateDir, state.payloads));
    if (options.json) {
      io.stdout.write(`${JSON.stringify(showDocument(record, payload, config.stateDir), null, 2)}\n`);
    } else {
      io.stdout.write(showText(record, payload, config.stateDir, io.stdout.columns));
    }
    return ExitCode.ok;
  });
}
