import type { AttemptResult } from '../model/attempt.ts';
import type { OutcomeKind } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import { mapBounded } from '../util/bounded.ts';
import { plural } from '../util/format.ts';
import { pause } from '../util/pause.ts';
import type { RunDeps } from './deps.ts';
import type { Judgement } from './judge.ts';

export interface WaveWork {
  /** null where the script was left running */
  readonly work: (target: Target) => Promise<AttemptResult | null>;
  /** false once nothing more is started: then there is no pause, and no wave to speak of */
  readonly mayStart: () => boolean;
}

/**
 * Works on the targets of a plan wave by wave: one begins when all targets of the one before have ended, and the pause
 * after it is over. A run that is cancelled or left in a pause goes on at once, to its end.
 * @returns one result for each target, in the order of the plan
 */
export async function inWaves(
  plan: Plan,
  { work, mayStart }: WaveWork,
  { clock, emit, signal, detach }: Pick<RunDeps, 'clock' | 'emit' | 'signal' | 'detach'>,
): Promise<(AttemptResult | null)[]> {
  const { waves: sizes, pauseMs } = plan.rollout;
  const results: (AttemptResult | null)[] = [];
  for (const [index, size] of sizes.entries()) {
    const place = { wave: index + 1, waves: sizes.length };
    if (index > 0 && pauseMs > 0 && mayStart()) {
      emit({ type: 'pause-started', at: clock.now(), ms: pauseMs, ...place });
      await pause(pauseMs, signal, detach);
    }
    const targets = plan.targets.slice(results.length, results.length + size);
    if (sizes.length > 1 && mayStart()) emit({ type: 'wave-started', at: clock.now(), ...place, instances: size });
    results.push(...(await mapBounded(targets, plan.limits.concurrency, work)));
  }
  return results;
}

/** An instance that was taken back has not failed: another one comes in its place. */
const NO_FAILURE: readonly OutcomeKind[] = ['succeeded', 'reclaimed', 'skipped'];

/** Counts the instances that did not succeed, and says when they are too many to go on. */
export class FailureLimit {
  readonly #max: number | null;
  #failures = 0;

  /** @param max null: there is no limit */
  constructor(max: number | null) {
    this.#max = max;
  }

  count(kind: OutcomeKind): void {
    if (!NO_FAILURE.includes(kind)) this.#failures += 1;
  }

  get isPassed(): boolean {
    return this.#max !== null && this.#failures > this.#max;
  }

  /** What becomes of an instance that is not started any more. */
  get judgement(): Judgement {
    const failed = plural(this.#failures, 'instance');
    const message = `not started: ${failed} did not succeed, and --max-fail allows ${this.#max}`;
    return { outcome: { kind: 'cancelled', error: { code: 'failure-limit', message } }, evidence: [] };
  }
}
