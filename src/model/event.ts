import type { AttemptResult, RunResult } from './attempt.ts';
import type { InterruptionNotice } from './fate.ts';
import type { Step } from './outcome.ts';
import type { Plan, StragglerAction } from './plan.ts';

/**
 * The facts sent out while a run goes on, in the order in which they happen. `instanceId` names the attempt;
 * `at` is milliseconds since the epoch.
 *
 * Every run: `run-started`, then per target `attempt-started`, `step-started`…, `attempt-finished`, then `run-finished`.
 * With --wait-ready, a `waiting` whenever a step before the upload waits for something else than before.
 * A target that is never started (cancelled) has an `attempt-finished` only. Where there are several waves, each begins
 * with `wave-started`, and a pause before it with `pause-started`.
 */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly at: number;
      readonly plan: Plan;
      /** another client began the run: nothing is sent */
      readonly takenUp: boolean;
      /** nothing is sent and nothing is on record: it is over where the instances are ready */
      readonly onlyWaits?: true;
    }
  | {
      readonly type: 'wave-started';
      readonly at: number;
      /** from 1 */
      readonly wave: number;
      readonly waves: number;
      /** how many targets it has */
      readonly instances: number;
    }
  | {
      readonly type: 'pause-started';
      readonly at: number;
      /** how long it is meant to be */
      readonly ms: number;
      /** the wave that comes then, from 1 */
      readonly wave: number;
      readonly waves: number;
    }
  | { readonly type: 'attempt-started'; readonly at: number; readonly instanceId: string }
  | { readonly type: 'step-started'; readonly at: number; readonly instanceId: string; readonly step: Step }
  | {
      readonly type: 'progress';
      readonly at: number;
      readonly instanceId: string;
      readonly step: Step;
      readonly bytes: number;
      /** null where the size is not known beforehand (output) */
      readonly totalBytes: number | null;
    }
  | {
      readonly type: 'waiting';
      readonly at: number;
      readonly instanceId: string;
      readonly step: Step;
      /** what the instance is waited for; said again when that changes */
      readonly message: string;
    }
  | {
      readonly type: 'output';
      readonly at: number;
      readonly instanceId: string;
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: Buffer;
    }
  | { readonly type: 'notice'; readonly at: number; readonly instanceId: string | null; readonly message: string }
  | {
      /** the instance is about to be taken back; at most once in an attempt */
      readonly type: 'interruption';
      readonly at: number;
      readonly instanceId: string;
      readonly notice: InterruptionNotice;
    }
  | {
      /** its script takes much longer than those of the others; at most once in an attempt */
      readonly type: 'straggler';
      readonly at: number;
      readonly instanceId: string;
      /** how long the script runs */
      readonly elapsedMs: number;
      /** of the scripts that have succeeded */
      readonly medianMs: number;
      readonly action: StragglerAction;
      /** what the script said last, as it said it; '' where it said nothing */
      readonly lastLine: string;
      /** how long ago that was; null where it said nothing */
      readonly silentMs: number | null;
    }
  | { readonly type: 'attempt-finished'; readonly at: number; readonly result: AttemptResult }
  | { readonly type: 'run-finished'; readonly at: number; readonly result: RunResult };

/** Something that looks at events: a screen, a file, the ledger. Must not throw. */
export type Subscriber = (event: RunEvent) => void;
