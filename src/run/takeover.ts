import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptResult } from '../model/attempt.ts';
import { leavesTraces, type Step } from '../model/outcome.ts';
import type { Plan, Target } from '../model/plan.ts';
import { Attempt } from './attempt.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError, ControlGone } from './explain.ts';
import { judgeRefusal } from './judge.ts';
import type { RecordedAttempt } from './ledger.ts';
import { neverStarted, notBegun } from './never-started.ts';
import { withTails } from './outputs.ts';
import { RunnerRefusal } from './runner-session.ts';

/** How often it is looked whether the client that began the run has started a script by now, ms. */
const LOOK_AGAIN_MS = 200;

/** Who ended an attempt that was not begun when the first client died. */
const BEGINNER = 'the end of the client that began the run';

/** What is said, too, where the folder is still there, and is taken away. */
const NOT_STARTED = judgeRefusal(new RunnerRefusal('void', ''));

export interface TakeoverOptions {
  /** one word: ends the scripts in its name; null only follows them */
  readonly stoppedBy: string | null;
  /** whether the process that began the run is still at it */
  readonly beginnerLives: () => boolean;
}

/** One attempt on its way to its end in the hands of another client than its first. */
export class Takeover {
  readonly #target: Target;
  readonly #plan: Plan;
  readonly #options: TakeoverOptions;
  readonly #deps: RunDeps;
  #staysOpen = false;

  constructor(target: Target, plan: Plan, options: TakeoverOptions, deps: RunDeps) {
    this.#target = target;
    this.#plan = plan;
    this.#options = options;
    this.#deps = deps;
  }

  /** it could not be taken up, but the script may run on */
  get staysOpen(): boolean {
    return this.#staysOpen;
  }

  /** Nobody starts it from now on, unless somebody has begun already. */
  closeUnbegun(): void {
    const known = this.#recorded();
    if (known.result === null && !hasBegun(known.step)) this.#close(known);
  }

  /** @returns null where it was left running */
  async toEnd(): Promise<AttemptResult | null> {
    for (;;) {
      const known = await this.#awaitStart();
      if (known.result !== null) return withTails(known.result);
      if (this.#isLeft && this.#isBeginning(known)) return null;
      const counted = hasBegun(known.step) ? await this.#follow(known) : this.#close(known);
      if (counted !== 'gone on') return counted;
    }
  }

  /** Nobody meddles with a start that is under way, unless it is to be stopped. */
  async #awaitStart(): Promise<RecordedAttempt> {
    for (;;) {
      const known = this.#recorded();
      const mayWait = this.#options.stoppedBy === null && !this.#deps.signal.aborted && !this.#isLeft;
      if (!mayWait || !this.#isBeginning(known)) return known;
      await sleep(LOOK_AGAIN_MS);
    }
  }

  #recorded(): RecordedAttempt {
    return this.#deps.ledger.attempt(this.#plan.runId, this.#target.instance.instanceId);
  }

  get #isLeft(): boolean {
    return this.#deps.detach.aborted;
  }

  #isBeginning({ result, step }: RecordedAttempt): boolean {
    return result === null && isBeforeStart(step) && this.#options.beginnerLives();
  }

  async #follow(known: RecordedAttempt): Promise<AttemptResult | 'gone on' | null> {
    const { clock } = this.#deps;
    const attempt = new Attempt({ ...this.#target, stamp: known.stamp }, this.#plan, null, this.#deps);
    const begunAt = known.startedAt === null ? clock.now() : Date.parse(known.startedAt);
    const result = await attempt.takeUp(begunAt, this.#options.stoppedBy);
    this.#staysOpen = attempt.staysOpen;
    if (result === null) return null;
    if (!this.#isMissing(known, result)) return this.#closeWith(result, known);
    // the one who began it may make the folder yet
    if (this.#options.beginnerLives()) return sleep(LOOK_AGAIN_MS, 'gone on' as const);
    return this.#closeWith({ ...result, ...NOT_STARTED }, known);
  }

  #closeWith(result: AttemptResult, { stamp }: RecordedAttempt): AttemptResult | 'gone on' {
    return this.#deps.ledger.attemptClosed(this.#plan.runId, result, { stamp }) ?? 'gone on';
  }

  /** As the first client would judge it: where nobody saw the script start, and there is no folder, it did not. */
  #isMissing({ step }: RecordedAttempt, { outcome }: AttemptResult): boolean {
    const isMissing = outcome.kind === 'lost' && outcome.error.code === ControlGone.missing;
    return isMissing && step === 'upload' && this.#plan.mode === 'run';
  }

  #close(known: RecordedAttempt): AttemptResult | 'gone on' {
    const { ledger, signal } = this.#deps;
    const { beginnerLives, stoppedBy } = this.#options;
    const reason: unknown = stoppedBy === null ? signal.reason : new CancelledError(stoppedBy);
    const judgement = notBegun(beginnerLives() ? reason : new CancelledError(BEGINNER));
    const result = neverStarted(this.#target, judgement);
    return ledger.attemptClosed(this.#plan.runId, result, known) ?? 'gone on';
  }
}

function hasBegun(step: Step | null): boolean {
  return step !== null && leavesTraces(step);
}

function isBeforeStart(step: Step | null): boolean {
  return !hasBegun(step) || step === 'upload';
}
