import type { AttemptResult } from '../model/attempt.ts';
import type { Target } from '../model/plan.ts';
import type { Judgement } from './judge.ts';
import { NO_OUTPUTS } from './outputs.ts';

/** The end of an attempt before its first step. */
export function neverStarted({ instance, host }: Target, { outcome, evidence }: Judgement): AttemptResult {
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
