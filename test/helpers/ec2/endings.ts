import type { Ec2Instance } from './instance.ts';
import type { Region } from './region.ts';
import { spotStatus } from './spot-request.ts';
import type { World } from './world.ts';

export interface Reclaim {
  /** when EC2 says that it happened; now by default */
  readonly at?: Date;
  /** of the spot request; `instance-terminated-no-capacity` by default. One that begins with `instance-stopped` stops it */
  readonly status?: string;
  /** true: DescribeInstances tells no state reason, only that the service has begun it, as EC2 does at times */
  readonly isReasonUntold?: boolean;
}

/** TerminateInstances: the machine goes off, the instance is soon `terminated`. Nothing happens to one that is gone. */
export function endByUser(world: World, region: Region, instance: Ec2Instance): void {
  if (!instance.isAlive) return;
  const now = new Date();
  instance.reason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  instance.transition = `User initiated (${inWords(now)})`;
  instance.enter('shutting-down', { state: 'terminated', after: world.pace.shuttingDown });
  closeRequest(region, instance, 'instance-terminated-by-user', now);
  if (instance.backing?.stop !== undefined) world.begin(instance.backing.stop());
}

/** EC2 takes a spot instance back: its connections are cut, its request says why. */
export function reclaim(world: World, region: Region, instance: Ec2Instance, options: Reclaim): void {
  const { at = new Date(), status = 'instance-terminated-no-capacity' } = options;
  if (instance.birth.lifecycle !== 'spot') throw new Error(`${instance.id} is no spot instance: nobody takes it back`);
  const isStop = status.startsWith('instance-stopped');
  const reason = isStop
    ? { code: 'Server.SpotInstanceShutdown', message: 'Server.SpotInstanceShutdown: Spot Instance shutdown' }
    : { code: 'Server.SpotInstanceTermination', message: 'Server.SpotInstanceTermination: Spot instance termination' };
  instance.reason = options.isReasonUntold === true ? null : reason;
  instance.transition = `Service initiated (${inWords(at)})`;
  const after = world.pace.shuttingDown;
  if (isStop) instance.enter('stopping', { state: 'stopped', after });
  else instance.enter('shutting-down', { state: 'terminated', after });
  closeRequest(region, instance, status, at);
  if (instance.backing?.cut !== undefined) world.begin(instance.backing.cut());
}

/** The two minutes before: the instance runs on, its request knows. */
export function markForTermination(region: Region, instance: Ec2Instance): void {
  const request = region.spotRequests.get(instance.birth.spotRequestId ?? '');
  if (request === undefined) throw new Error(`${instance.id} has no spot request that could be marked`);
  request.status = spotStatus('marked-for-termination', new Date());
}

function closeRequest(region: Region, instance: Ec2Instance, status: string, at: Date): void {
  const request = region.spotRequests.get(instance.birth.spotRequestId ?? '');
  if (request === undefined) return;
  request.state = status.startsWith('instance-stopped') ? 'disabled' : 'closed';
  request.status = spotStatus(status, at);
}

/** `2026-01-31 12:00:00 GMT` */
function inWords(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} GMT`;
}
