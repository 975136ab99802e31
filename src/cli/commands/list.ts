import { formatHostPort } from '../../inventory/host-spec.ts';
import { formatTags } from '../../inventory/tags.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { addressOf, type Instance } from '../../model/instance.ts';
import { formatTable } from '../../report/table.ts';
import { type GlobalOptions, instancesFor, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

export interface ListOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `spot list`: the fleet, or the part of it that the words mean. */
export async function listInstances(words: readonly string[], options: ListOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const fleet = state.instances.list();
    const instances = words.length === 0 ? fleet : await instancesFor(words, fleet);
    if (options.json) io.stdout.write(`${JSON.stringify(listDocument(instances), null, 2)}\n`);
    else if (instances.length === 0)
      io.stderr.write(`no instance in ${state.path}; add one with: spot add user@host\n`);
    else io.stdout.write(listTable(instances, io.stdout.columns));
    return ExitCode.ok;
  });
}

/** Column names of the `instances` table. */
function listDocument(instances: readonly Instance[]): unknown {
  return {
    schema: 1,
    instances: instances.map((instance) => ({
      instance_id: instance.instanceId,
      name: instance.name,
      source: instance.source,
      region: instance.region,
      availability_zone: instance.availabilityZone,
      instance_type: instance.instanceType,
      state: instance.state,
      public_ip: instance.publicIp,
      private_ip: instance.privateIp,
      ssh_user: instance.sshUser,
      ssh_port: instance.sshPort,
      host_key: instance.hostKey,
      tags: instance.tags,
      launched_at: instance.launchedAt,
      seen_at: instance.seenAt,
      created_at: instance.createdAt,
      updated_at: instance.updatedAt,
    })),
  };
}

function listTable(instances: readonly Instance[], columns: number | undefined): string {
  const rows = instances.map((instance) => {
    const address = addressOf(instance);
    return [
      instance.name ?? '',
      instance.instanceId,
      instance.state,
      address === null ? '-' : formatHostPort(address, instance.sshPort),
      instance.sshUser ?? '',
      [instance.instanceType, instance.availabilityZone ?? instance.region].filter(Boolean).join(' '),
      formatTags(instance.tags),
    ];
  });
  return formatTable(['NAME', 'ID', 'STATE', 'ADDRESS', 'USER', 'TYPE', 'TAGS'], rows, { columns });
}
