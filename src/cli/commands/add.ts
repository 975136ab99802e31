import { formatHostPort } from '../../inventory/host-spec.ts';
import { newManualInstances } from '../../inventory/manual.ts';
import { parseTags } from '../../inventory/tags.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { labelOf } from '../../model/instance.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

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
    const known = new Set(existing.map(({ instanceId }) => instanceId));
    for (const instance of instances) {
      const verb = known.has(instance.instanceId) ? 'updated' : 'added';
      const where = formatHostPort(instance.publicIp ?? '', instance.sshPort);
      io.stderr.write(
        `${verb} ${labelOf(instance)} (${instance.sshUser === null ? '' : `${instance.sshUser}@`}${where})\n`,
      );
    }
    return ExitCode.ok;
  });
}
