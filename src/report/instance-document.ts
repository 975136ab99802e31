import type { Instance } from '../model/instance.ts';

/** The public columns of the `instances` table, under their names. */
export interface InstanceDocument {
  readonly instance_id: string;
  readonly name: string | null;
  readonly source: string;
  readonly region: string | null;
  readonly availability_zone: string | null;
  readonly instance_type: string | null;
  readonly state: Instance['state'];
  readonly public_ip: string | null;
  readonly private_ip: string | null;
  readonly ssh_user: string | null;
  readonly ssh_port: number | null;
  readonly host_key: string | null;
  readonly tags: Record<string, string>;
  readonly launched_at: string | null;
  readonly lifecycle: Instance['lifecycle'];
  readonly hourly_price: number | null;
  readonly state_reason: string | null;
  readonly payload_status: Instance['payloadStatus'];
  readonly payload_error: string | null;
  readonly seen_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** As other programs are told of an instance. */
export function instanceDocument(instance: Instance): InstanceDocument {
  return {
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
    lifecycle: instance.lifecycle,
    hourly_price: instance.hourlyPrice,
    state_reason: instance.stateReason,
    payload_status: instance.payloadStatus,
    payload_error: instance.payloadError,
    seen_at: instance.seenAt,
    created_at: instance.createdAt,
    updated_at: instance.updatedAt,
  };
}
