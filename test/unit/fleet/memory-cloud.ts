import type { Cloud, CloudInstance, SpotPrice, Tags } from '../../../src/inventory/cloud.ts';
import { configError, noInstanceError } from '../../../src/model/errors.ts';
import type { Fate } from '../../../src/model/fate.ts';
import type { InstanceState } from '../../../src/model/instance.ts';

/** An instance as EC2 has it; what is not given is that of one that runs. */
export function aCloudInstance(instanceId: string, changes: Partial<CloudInstance> = {}): CloudInstance {
  return {
    instanceId,
    state: 'running',
    isReclaimed: false,
    at: null,
    reason: '',
    requestStatus: null,
    region: 'us-east-1',
    availabilityZone: 'us-east-1a',
    instanceType: 't3.micro',
    publicIp: '203.0.113.1',
    privateIp: '10.0.0.1',
    lifecycle: 'spot',
    launchedAt: '2026-07-01T11:00:00.000Z',
    tags: { Name: 'web-1', team: 'web' },
    imageId: 'ami-1',
    ...changes,
  };
}

/** EC2 without the network: instances that are known, regions that fail, and what was asked. */
export class MemoryCloud implements Pick<Cloud, 'describe' | 'fates' | 'terminate' | 'spotPrices'> {
  readonly instances = new Map<string, CloudInstance>();
  readonly prices: SpotPrice[] = [];
  /** regions that answer nothing, or refuse these calls */
  readonly broken = new Map<string, 'all' | 'spotPrices' | 'terminate' | 'fates'>();
  /** `describe us-east-1`, … */
  readonly calls: string[] = [];
  /** looks at `fates` after which an instance that is shutting down is terminated */
  looksUntilTerminated = 1;

  put(...instances: readonly CloudInstance[]): this {
    for (const instance of instances) this.instances.set(instance.instanceId, instance);
    return this;
  }

  async describe(region: string, tags: Tags, instanceIds: readonly string[]): Promise<CloudInstance[]> {
    this.#called('describe', region);
    return [...this.instances.values()].filter(
      (instance) =>
        instance.region === region &&
        (instanceIds.length === 0 || instanceIds.includes(instance.instanceId)) &&
        Object.entries(tags).every(([key, value]) => instance.tags[key] === value),
    );
  }

  async fates(region: string, instanceIds: readonly string[]): Promise<Fate[]> {
    this.#called('fates', region);
    this.looksUntilTerminated -= 1;
    if (this.looksUntilTerminated <= 0) this.#changeState('shutting-down', 'terminated');
    return instanceIds.map((instanceId) => {
      const known = this.instances.get(instanceId);
      if (known !== undefined) return known;
      const reason = 'EC2 does not know the instance any more';
      return { instanceId, state: 'terminated', isReclaimed: false, at: null, reason, requestStatus: null };
    });
  }

  async terminate(region: string, instanceIds: readonly string[]): Promise<void> {
    this.#called('terminate', region);
    for (const id of instanceIds) {
      const known = this.instances.get(id);
      if (known !== undefined) this.instances.set(id, { ...known, state: 'shutting-down', publicIp: null });
    }
  }

  async spotPrices(region: string): Promise<SpotPrice[]> {
    this.#called('spotPrices', region);
    return this.prices;
  }

  #changeState(from: InstanceState, state: InstanceState): void {
    for (const [id, known] of this.instances) if (known.state === from) this.instances.set(id, { ...known, state });
  }

  #called(action: string, region: string): void {
    this.calls.push(`${action} ${region}`);
    const what = this.broken.get(region);
    if (what === 'all') throw noInstanceError('aws-unreachable', `cannot reach EC2 in ${region}`);
    if (what === action) throw configError('aws-not-allowed', `nobody may do ec2:${action} in ${region}`);
  }
}
