import type { Config } from '../../config/config.ts';
import { newManualInstances } from '../../inventory/manual.ts';
import { parseTags } from '../../inventory/tags.ts';
import { ExitCode } from '../../model/exit-code.ts';
import type { Instance } from '../../model/instance.ts';
import { describeAdded } from '../added-view.ts';
import type { InventoryFileOptions } from '../choose-instances.ts';
import { refuseBoth } from '../contradictions.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

export interface AddOptions extends GlobalOptions, InventoryFileOptions {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly id?: string;
}

/** `spot add`: makes hosts known; all of them or none. */
export async function addInstances(hosts: readonly string[], options: AddOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  refuseContradictions(options, hosts);
  return withState(config, io, async (state) => {
    const existing = state.instances.list();
    const tags = parseTags(options.tag ?? []);
    const { name = null, id = null, inventoryFile } = options;
    const instances =
      inventoryFile === undefined
        ? newManualInstances(hosts, { name, tags, id, existing, clock: io.clock })
        : await listedInstances(inventoryFile, tags, existing, { config, io });
    state.instances.add(instances);
    if (instances.length === 0) io.stderr.write('all of them are known\n');
    io.stderr.write(describeAdded(instances, existing));
    return ExitCode.ok;
  });
}

/** Those that are new, or that the files correct. */
async function listedInstances(
  paths: readonly string[],
  tags: Instance['tags'],
  existing: readonly Instance[],
  { config, io }: { readonly config: Config; readonly io: Io },
): Promise<Instance[]> {
  const { readRoster } = await import('../inventory-file.ts');
  const { rows } = await readRoster(paths, existing, config, io);
  return [...rows.values()].map((row) => ({ ...row, tags: { ...row.tags, ...tags } }));
}

function refuseContradictions({ inventoryFile, name, id }: AddOptions, hosts: readonly string[]): void {
  if (inventoryFile === undefined) return;
  if (hosts.length > 0) refuseBoth('--inventory-file', hosts.join(' '));
  if (name !== undefined) refuseBoth('--inventory-file', '--name');
  if (id !== undefined) refuseBoth('--inventory-file', '--id');
}
