import { formatHostPort } from '../../inventory/host-spec.ts';
import { newManualInstances } from '../../inventory/manual.ts';
import { parseTags } from '../../inventory/tags.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { type Instance, labelOf } from '../../model/instance.ts';
import { plural } from '../../util/format.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { MAX_NAMED } from '../several.ts';

export interface AddOptions extends GlobalOptions {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly id?: string;
}

/** `spot add`: makes hosts known; all of them or none. */
export async function addInstances(hosts: readonly string[], options: AddOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, (state) => {
    const existing = state.instances.list();
    const instances = newManualInstances(hosts, {
      name: options.name ?? null,
      tags: parseTags(options.tag ?? []),
      id: options.id ?? null,
      existing,
      clock: io.clock,
    });
    state.instances.add(instances);
    io.stderr.write(describeAdded(instances, existing));
    return ExitCode.ok;
  });
}

/** A line each, or one for many: `added 50 instances`, `added 48 instances, updated 2`. */
function describeAdded(instances: readonly Instance[], existing: readonly Instance[]): string {
  const known = new Set(existing.map(({ instanceId }) => instanceId));
  const updated = instances.filter(({ instanceId }) => known.has(instanceId)).length;
  if (instances.length > MAX_NAMED) {
    const added = instances.length - updated;
    if (added === 0) return `updated ${updated} instances\n`;
    return `added ${plural(added, 'instance')}${updated === 0 ? '' : `, updated ${updated}`}\n`;
  }
  const lines = instances.map((instance) => {
    const user = instance.sshUser === null ? '' : `${instance.sshUser}@`;
    const where = `${user}${formatHostPort(instance.publicIp ?? '', instance.sshPort)}`;
    return `${known.has(instance.instanceId) ? 'updated' : 'added'} ${labelOf(instance)} (${where})\n`;
  });
  return lines.join('');
}
