import type { SpotInstanceRequest } from '@aws-sdk/client-ec2';
import type { Fate } from '../../model/fate.ts';
import { INSTANCE_STATES } from '../../model/instance.ts';
import type { InstanceState } from '../../model/instance.ts';
import type { Ec2Instance } from './api.ts';

/**
 * What the status of a spot request says when AWS takes, or has taken, the instance back; with `no-capacity` it may run
 * two minutes longer. The last two are those of older requests.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instances-request-status-lifecycle.html
 */
export const TAKEN_BACK: readonly string[] = [
  'marked-for-termination',
  'marked-for-stop',
  'marked-for-stop-by-experiment',
  'instance-terminated-by-price',
  'instance-terminated-no-capacity',
  'instance-terminated-by-service',
  'instance-terminated-by-experiment',
  'instance-terminated-launch-group-constraint',
  'instance-stopped-by-price',
  'instance-stopped-no-capacity',
  'instance-stopped-by-experiment',
  'instance-terminated-capacity-oversubscribed',
  'instance-stopped-capacity-oversubscribed',
];

/** What it says when its owner ended the instance: by hand, or by a time that he has set. */
export const ENDED_BY_OWNER: readonly string[] = [
  'instance-terminated-by-user',
  'spot-instance-terminated-by-user',
  'instance-stopped-by-user',
  'instance-terminated-by-schedule',
];

/** Of `Server.SpotInstanceTermination` and `Server.SpotInstanceShutdown`. */
const SPOT_REASON = 'Server.Spot';

export function fateOf(instance: Ec2Instance, request: SpotInstanceRequest | undefined): Fate {
  const state = stateOf(instance);
  return {
    instanceId: instance.InstanceId ?? '',
    state,
    isReclaimed: isReclaimed(instance, request),
    at: isUp(state) ? null : (transitionTime(instance) ?? endOf(request)),
    reason: isUp(state) ? '' : reasonOf(instance),
    requestStatus: request?.Status?.Code ?? null,
  };
}

/** Of an instance that the region does not know any more; its spot request often outlives it. */
export function fateOfUnknown(instanceId: string, request: SpotInstanceRequest | undefined): Fate {
  const status = request?.Status;
  return {
    instanceId,
    state: 'terminated',
    isReclaimed: TAKEN_BACK.includes(status?.Code ?? ''),
    at: endOf(request),
    reason: status?.Message ?? 'EC2 does not know the instance any more',
    requestStatus: status?.Code ?? null,
  };
}

export function stateOf({ State }: Ec2Instance): InstanceState {
  return INSTANCE_STATES.find((known) => known === State?.Name) ?? 'pending';
}

/** It is there, or about to be. */
export function isUp(state: InstanceState): boolean {
  return state === 'running' || state === 'pending';
}

function isReclaimed({ StateReason }: Ec2Instance, request: SpotInstanceRequest | undefined): boolean {
  const status = request?.Status?.Code ?? '';
  const { Code: reason = '' } = StateReason ?? {};
  if (ENDED_BY_OWNER.includes(status)) return false;
  // it is also marked while its owner stops it
  if (status === 'marked-for-stop' && reason.startsWith('Client.')) return false;
  return TAKEN_BACK.includes(status) || reason.startsWith(SPOT_REASON);
}

/** EC2's message mostly begins with the code. */
function reasonOf({ StateReason, StateTransitionReason = '' }: Ec2Instance): string {
  const { Code: code = '', Message: message = '' } = StateReason ?? {};
  if (code === '') return message || StateTransitionReason;
  return message === '' || message.startsWith(code) ? message || code : `${code}: ${message}`;
}

/** Of `User initiated (2026-11-21 12:00:00 GMT)`. */
function transitionTime({ StateTransitionReason = '' }: Ec2Instance): string | null {
  const match = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(StateTransitionReason);
  return match === null ? null : `${match[1] ?? ''}T${match[2] ?? ''}.000Z`;
}

function endOf(request: SpotInstanceRequest | undefined): string | null {
  const { Code: code = '', UpdateTime: time } = request?.Status ?? {};
  const isOver = TAKEN_BACK.includes(code) || ENDED_BY_OWNER.includes(code);
  return isOver && time !== undefined ? time.toISOString() : null;
}
