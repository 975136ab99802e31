import type { AttemptResult } from '../model/attempt.ts';
import type { Target } from '../model/plan.ts';
import { explain } from './explain.ts';
import type { Judgement } from './judge.ts';
import { NO_OUTPUTS } from './outputs.ts';

/** As much of a target as there is of one that nobody has begun. */
interface Missed {
  readonly instance: Pick<Target['instance'], 'instanceId' | 'name'>;
  readonly host: Pick<Target['host'], 'address'>;
}

/** Why an attempt has no first step. */
export function notBegun(reason: unknown): Judgement {
  return explain(reason, { step: 'connect', sent: false });
}

/** The end of an attempt before its first step. */
export function neverStarted({ instance, host }: Missed, { outcome, evidence }: Judgement): AttemptResult {
  return {
    instanceId: instance.instanceId,
    name: instance.name,
    address: host.address,
    outcome,
    evidence,
    steps: [],
    remoteDir: null,
    ...NO_OUTPUTS,
    rescue: null,
  };
}
