import type { Config } from '../../config/config.ts';
import { addressOf, type Instance } from '../../model/instance.ts';
import type { Host } from '../../model/plan.ts';

/** Where an instance with an address is connected to. */
export function hostOf(instance: Instance, { aws }: Config): Host {
  return { user: instance.sshUser ?? aws.username, address: addressOf(instance) as string, port: instance.sshPort };
}
