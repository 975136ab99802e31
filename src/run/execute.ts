import type { RunResult } from '../model/attempt.ts';
import type { Subscriber } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { Transport } from '../transport/transport.ts';
import type { Clock } from '../util/clock.ts';
import type { Secret } from '../util/secret.ts';
import type { Ledger } from './ledger.ts';

export interface RunDeps {
  readonly transport: Transport;
  readonly ledger: Ledger;
  readonly emit: Subscriber;
  readonly clock: Clock;
  /** outputs go to `<logsDir>/<instance>.{out,err}`; made if missing */
  readonly logsDir: string;
  /** values of `plan.environment` */
  readonly environment: ReadonlyMap<string, Secret>;
  /** cancels the run: every attempt still ends in one outcome */
  readonly signal: AbortSignal;
}

/** Executes a plan: one outcome for every target, in plan order. Does not throw for what a remote host did. */
export async function executePlan(_plan: Plan, _deps: RunDeps): Promise<RunResult> {
  throw new Error('being written');
}
