import { INTERPRETERS } from '../../../model/payload.ts';
import { checkPayloadName } from '../../../payload/payload-name.ts';
import { registerPayload } from '../../../payload/register.ts';
import { readScript } from '../../../payload/script.ts';
import { PayloadStore } from '../../../payload/store.ts';
import { ExitCode } from '../../../model/exit-code.ts';
import type { Secret } from '../../../util/secret.ts';
import { type FlagKeys, type GlobalOptions, readConfig, withState } from '../../context.ts';
import { readEnvironment } from '../../environment.ts';
import type { Io } from '../../io.ts';
import { packSource } from '../../pack-source.ts';
import { addedText, removedText, versionDocument } from '../../payload-view.ts';

export interface PayloadAddOptions extends GlobalOptions {
  /** false for --no-files */
  readonly files?: string | false;
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly interpreter?: keyof typeof INTERPRETERS;
  readonly json?: boolean;
}

const FLAG_KEYS: FlagKeys = { files: { key: 'files_dir', flag: '--files' } };

/** `spot payload add`: packs a script and its files, and makes them the active version of a name. */
export async function addPayload(
  name: string,
  scriptPath: string,
  options: PayloadAddOptions,
  io: Io,
): Promise<number> {
  checkPayloadName(name);
  const config = await readConfig(options, io, FLAG_KEYS);
  const values = await readEnvironment(options.env ?? [], options.envFile ?? [], io);
  const interpreter = options.interpreter === undefined ? undefined : [INTERPRETERS[options.interpreter]];
  const script = await readScript(scriptPath, { maxBytes: config.limits.scriptMaxBytes, interpreter });
  for (const warning of script.warnings) io.stderr.write(`spot: warning: ${warning}\n`);
  return withState(config, io, async (state) => {
    const store = new PayloadStore(config.stateDir, state.payloads);
    const order = { script, name, withFiles: options.files !== false, environment: entriesOf(values), config, store };
    const payload = await packSource(order, io);
    const { keep } = config.payloads;
    const added = await registerPayload(payload, { table: state.payloads, store, keep, now: io.clock.now() });
    io.stderr.write(addedText(added, payload) + removedText(added.pruned));
    if (options.json) {
      const document = { schema: 1, change: added.change, payload: versionDocument(added.record, config.stateDir) };
      io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    }
    return ExitCode.ok;
  });
}

/** These values belong to the payload, so they are kept with it: the one place where they are not secrets. */
function entriesOf(values: ReadonlyMap<string, Secret>): string[] {
  return [...values].map(([name, value]) => `${name}=${value.reveal()}`);
}
