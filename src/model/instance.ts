/** EC2's words for the life of an instance; a host added by hand is `running` until someone says otherwise. */
export const INSTANCE_STATES = ['pending', 'running', 'shutting-down', 'stopping', 'stopped', 'terminated'] as const;

export type InstanceState = (typeof INSTANCE_STATES)[number];

/** What became of the payload that an instance was last given; `none` before the first. */
export const PAYLOAD_STATUSES = [
  'none',
  'pending_copy',
  'copied',
  'copy_failed',
  'pending_execution',
  'executing',
  'executed',
  'execution_failed',
  'timed_out',
] as const;

export type PayloadStatus = (typeof PAYLOAD_STATUSES)[number];

/** The inventory of instances that EC2 tells of. */
export const EC2_SOURCE = 'ec2';

/** How an instance is paid for. */
export type Lifecycle = 'spot' | 'on-demand';

/** One row of the public `instances` table. Times are ISO 8601, UTC. */
export interface Instance {
  /** EC2's id (`i-…`) or the one given to a host added by hand; unique in the fleet */
  readonly instanceId: string;
  readonly name: string | null;
  /** the inventory it came from: `manual`, `ec2` */
  readonly source: string;
  readonly region: string | null;
  readonly availabilityZone: string | null;
  readonly instanceType: string | null;
  readonly state: InstanceState;
  /** IP address or host name */
  readonly publicIp: string | null;
  readonly privateIp: string | null;
  readonly sshUser: string | null;
  readonly sshPort: number | null;
  /** the pinned host key, `<type> <base64>`, or null before first contact */
  readonly hostKey: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly launchedAt: string | null;
  /** null where nobody knows */
  readonly lifecycle: Lifecycle | null;
  /** US dollars; of a spot instance what it cost when it was last looked at */
  readonly hourlyPrice: number | null;
  /** why it is in its state, in EC2's words: `Server.SpotInstanceTermination: …` */
  readonly stateReason: string | null;
  readonly payloadStatus: PayloadStatus;
  /** one sentence, where the payload did not get through */
  readonly payloadError: string | null;
  readonly seenAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** An instance of which only this much is known. */
export function newInstance(
  instanceId: string,
  known: Partial<Omit<Instance, 'instanceId'>>,
  now: string = new Date(0).toISOString(),
): Instance {
  return {
    name: null,
    source: 'manual',
    region: null,
    availabilityZone: null,
    instanceType: null,
    state: 'running',
    publicIp: null,
    privateIp: null,
    sshUser: null,
    sshPort: null,
    hostKey: null,
    tags: {},
    launchedAt: null,
    lifecycle: null,
    hourlyPrice: null,
    stateReason: null,
    payloadStatus: 'none',
    payloadError: null,
    seenAt: null,
    createdAt: now,
    updatedAt: now,
    ...known,
    instanceId,
  };
}

/** It is gone, or on its way, for good. */
export function isEnded({ state }: Pick<Instance, 'state'>): boolean {
  return state === 'shutting-down' || state === 'terminated';
}

/** Where to reach an instance: its public address, else its private one, else null. */
export function addressOf(instance: Instance): string | null {
  return instance.publicIp ?? instance.privateIp;
}

/** What people call it: its name if it has one, else its id. */
export function labelOf(instance: Pick<Instance, 'instanceId' | 'name'>): string {
  return instance.name ?? instance.instanceId;
}

/** An instance left out of a run, and why. */
export interface Skip {
  readonly instance: Instance;
  /** e.g. `stopped`, `no address`, `not selected by --limit`, `excluded` */
  readonly reason: string;
}

/** The instances chosen for a run; together with `skipped` it is the whole fleet. */
export interface Selection {
  readonly chosen: readonly Instance[];
  readonly skipped: readonly Skip[];
}
