import type { Exported, ExportedHop } from './exported.ts';

/** What `spot export json` prints; names are stable. */
export interface FleetDocument {
  readonly schema: 1;
  readonly instances: readonly ExportedDocument[];
}

interface ExportedDocument {
  readonly instance_id: string;
  readonly name: string | null;
  readonly source: string;
  readonly region: string | null;
  readonly availability_zone: string | null;
  readonly instance_type: string | null;
  /** as the state has it: IP address or name */
  readonly address: string;
  readonly ssh_port: number | null;
  readonly ssh_user: string | null;
  /** `<type> <base64>`, or null before first contact */
  readonly host_key: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** as a run logs in: the configuration and ssh_config are filled in */
  readonly login: LoginDocument & {
    /** absolute; empty: the keys that ssh tries by itself */
    readonly identity_files: readonly string[];
    /** the machines to go through, in the order in which they are connected */
    readonly jumps: readonly LoginDocument[];
  };
}

interface LoginDocument {
  readonly user: string;
  readonly address: string;
  readonly port: number;
}

/** The instances, with all that it takes to log in to them. */
export function fleetDocument(exported: readonly Exported[]): FleetDocument {
  return { schema: 1, instances: exported.map(documentOf) };
}

function documentOf({ instance, address, hop, jumps }: Exported): ExportedDocument {
  return {
    instance_id: instance.instanceId,
    name: instance.name,
    source: instance.source,
    region: instance.region,
    availability_zone: instance.availabilityZone,
    instance_type: instance.instanceType,
    address,
    ssh_port: instance.sshPort,
    ssh_user: instance.sshUser,
    host_key: instance.hostKey,
    tags: instance.tags,
    login: { ...loginOf(hop), identity_files: hop.identityFiles, jumps: jumps.map(loginOf) },
  };
}

function loginOf({ user, address, port }: ExportedHop): LoginDocument {
  return { user, address, port };
}
