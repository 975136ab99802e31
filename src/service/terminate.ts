import { destroyInstances } from '../fleet/destroy.ts';
import { isOfFleet } from '../inventory/select.ts';
import { noInstanceError } from '../model/errors.ts';
import { EC2_SOURCE, type Instance, isEnded } from '../model/instance.ts';
import type { ServiceDeps } from './deps.ts';
import { findInstance } from './find-instances.ts';

/**
 * Has EC2 terminate an instance, and does not wait until it is; one that has ended, or ends, is left alone.
 * @param word its id or name
 * @throws SpotError `instance-unknown`, `instance-ambiguous`, `instance-not-ec2`, `instance-other-tags`, `aws-…`
 */
export async function terminate(word: string, deps: ServiceDeps): Promise<Instance> {
  const { state, settings, clock, openCloud, stopping } = deps;
  const instance = findInstance(word, state);
  requireOurs(instance, settings.tags);
  if (isEnded(instance)) return instance;
  const cloud = await openCloud();
  try {
    const order = { cloud, state, clock, patienceMs: 0, signal: stopping, onProgress: () => undefined };
    const [end] = await destroyInstances([instance], order);
    if (end !== undefined && end.problem !== null) throw end.problem;
  } finally {
    cloud.close();
  }
  return state.instances.find(instance.instanceId) ?? instance;
}

function requireOurs(instance: Instance, tags: Readonly<Record<string, string>>): void {
  const { instanceId, source } = instance;
  if (source !== EC2_SOURCE) {
    const message = `${instanceId} was added by hand, and is not from EC2; forget it with spot remove`;
    throw noInstanceError('instance-not-ec2', message);
  }
  if (isOfFleet(instance, tags)) return;
  throw noInstanceError(
    'instance-other-tags',
    `${instanceId} has other tags than aws.tags asks for, and is left alone`,
  );
}
