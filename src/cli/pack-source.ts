import type { Config } from '../config/config.ts';
import type { Payload } from '../model/payload.ts';
import type { Inspect } from '../payload/checks/content-check.ts';
import type { ScannedTree } from '../payload/entries.ts';
import { packInto } from '../payload/pack-into.ts';
import { scanFiles } from '../payload/scan.ts';
import type { Script } from '../payload/script.ts';
import type { PayloadStore } from '../payload/store.ts';
import type { Io } from './io.ts';

export interface PackOrder {
  readonly script: Script;
  /** of the payload */
  readonly name: string;
  /** false: none, whatever the configuration says */
  readonly withFiles: boolean;
  /** `NAME` or `NAME=value`, as in the manifest */
  readonly environment: readonly string[];
  readonly config: Config;
  /** told the contents of small files */
  readonly inspect?: Inspect;
  readonly store: PayloadStore;
}

/** Packs a script and the files folder of the configuration; one that nobody named may be missing. */
export async function packSource(order: PackOrder, io: Pick<Io, 'clock'>): Promise<Payload> {
  const { script, name, environment, store, inspect } = order;
  const tree = order.withFiles ? await scanUnlessAbsent(order.config) : null;
  return packInto(store, { script, tree, environment, name, ...(inspect && { inspect }) }, io.clock.now());
}

/** The files folder; null where nobody named it and it is missing. The state is never sent, as `--files .` would otherwise do, with every payload sent before. */
export async function scanUnlessAbsent({
  filesDir,
  filesDirGiven,
  stateDir,
}: Pick<Config, 'filesDir' | 'filesDirGiven' | 'stateDir'>): Promise<ScannedTree | null> {
  try {
    return await scanFiles(filesDir, stateDir);
  } catch (error) {
    if (!filesDirGiven && (error as { code?: string }).code === 'files-missing') return null;
    throw error;
  }
}
