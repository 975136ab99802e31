import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesFindings } from '../../payload/checks/check-files.ts';
import { ContentCheck } from '../../payload/checks/content-check.ts';
import { packPayload } from '../../payload/pack.ts';
import { parseReference, payloadNameOf } from '../../payload/payload-name.ts';
import { readScript } from '../../payload/script.ts';
import type { RunOrder } from '../../service/client/client.ts';
import type { Archive } from '../../service/client/client.ts';
import type { Order } from '../commands/upload-script.ts';
import type { Io } from '../io.ts';
import { scanUnlessAbsent } from '../pack-source.ts';
import { requireSound, shownFrom } from '../preflight/findings.ts';
import { examineScript } from '../preflight/script-check.ts';
import { kindAt, refuseFiles } from '../payload-source.ts';

/** What a service is asked to run. Whoever opens it removes it. */
export interface ViaSource {
  /** what a person is asked about: `deploy.sh`, `deploy@3` */
  readonly label: string;
  readonly payload: RunOrder['payload'];
  /** packed here; null where the service has it */
  readonly archive: Archive | null;
  remove(): void;
}

/**
 * A script of this machine is packed as always, into a folder that is gone afterwards; a word that is no file here names a
 * payload of the service's registry.
 * @throws SpotError (exit 66) of the script, (exit 64) for flags that do not fit
 */
export async function openViaSource(word: string, order: Order, io: Io): Promise<ViaSource> {
  const reference = word.includes('/') || kindAt(word, io.cwd) === 'file' ? null : parseReference(word);
  if (reference === null) return packScript(word, order, io);
  refuseFiles(word, reference.name, order.options.files);
  return { label: word, payload: { reference: word }, archive: null, remove: () => undefined };
}

async function packScript(word: string, { options, config, environment }: Order, io: Io): Promise<ViaSource> {
  const script = await readScript(word, { maxBytes: config.limits.scriptMaxBytes });
  const examined = examineScript(script, false, io);
  const shown = shownFrom(io.cwd, config.filesDir);
  const contents = new ContentCheck(shown);
  const tree = options.files === false ? null : await scanUnlessAbsent(config);
  const outDir = mkdtempSync(join(tmpdir(), 'spot-via-'));
  const remove = (): void => rmSync(outDir, { recursive: true, force: true });
  try {
    const name = payloadNameOf(script.name);
    const { inspect } = contents;
    const payload = await packPayload({ script, tree, environment: [...environment.keys()], name, outDir, inspect });
    const ofFiles = filesFindings(payload.manifest.files, contents.findings, shown);
    requireSound([...(await examined), ...ofFiles], options, io);
    return { label: script.name, payload: { digest: payload.digest }, archive: payload, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
