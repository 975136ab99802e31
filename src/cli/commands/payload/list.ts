import { ExitCode } from '../../../model/exit-code.ts';
import { type GlobalOptions, readConfig, withState } from '../../context.ts';
import type { Io } from '../../io.ts';
import { listDocument, listText } from '../../payload-view.ts';
import { requireName } from '../../../payload/registered.ts';

export interface PayloadListOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `spot payload list`: all versions, or those of some names. */
export async function listPayloads(names: readonly string[], options: PayloadListOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, (state) => {
    const records =
      names.length === 0 ? state.payloads.list() : [...new Set(names)].flatMap((name) => requireName(name, state));
    if (options.json) io.stdout.write(`${JSON.stringify(listDocument(records, config.stateDir), null, 2)}\n`);
    else if (records.length === 0)
      io.stderr.write(`no payload in ${state.path}; add one with: spot payload add <name> <script>\n`);
    else io.stdout.write(listText(records, io.stdout.columns));
    return ExitCode.ok;
  });
}
