import type { Fate, InterruptionNotice } from '../model/fate.ts';
import type { Target } from '../model/plan.ts';
import { isoTime } from '../util/clock.ts';
import { withDeadline } from '../util/deadline.ts';
import type { RunDeps } from './deps.ts';
import { InstanceGoneError } from './explain.ts';
import { isNoAnswer, wordsOf } from './retry.ts';

/** Between two questions, ms: the first pause and the longest one, each twice the one before. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 8000;
/** How long an answer may take, ms. */
const PATIENCE_MS = 15_000;
/** A notice means it as soon as this, and an instance is dialled no longer than that: the times are those of two clocks, ms. */
const NOTICE_SLACK_MS = 30_000;

export interface WhereaboutsOptions {
  readonly target: Target;
  readonly deps: Pick<RunDeps, 'fates' | 'ledger' | 'clock' | 'signal'>;
  /** the notice that the instance itself has given, or null */
  readonly interruption: () => InterruptionNotice | null;
  readonly notice: (message: string, evidence: string | null) => void;
}

/**
 * What is known of an instance that cannot be reached. Its source has the first word; where it says nothing, the notice
 * that the instance had counts. One that is gone is marked so in the state.
 */
export class Whereabouts {
  readonly #options: WhereaboutsOptions;
  #nextAt = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #isThere = false;
  #complained = false;
  /** ms since the epoch, or null as long as it was not missed */
  #missedAt: number | null = null;

  constructor(options: WhereaboutsOptions) {
    this.#options = options;
  }

  /** It answers again. */
  found(): void {
    this.#missedAt = null;
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** The link has just broken. */
  missed(): void {
    this.#missedAt ??= this.#options.deps.clock.now();
  }

  /**
   * Asks the source, and not too often.
   * @param error why it cannot be reached; nobody is asked about an instance that speaks to us
   * @returns that it is gone, or null where it is not, or nobody says
   * @throws the reason of the run's signal
   */
  async ask(error: unknown): Promise<InstanceGoneError | null> {
    const { fates, clock } = this.#options.deps;
    this.missed();
    if (fates === null || !isNoAnswer(error) || clock.now() < this.#nextAt) return null;
    return this.#look();
  }

  /** Of an instance that answers, or did a moment ago. @returns that it is being taken back, or null */
  async lookReclaimed(): Promise<InstanceGoneError | null> {
    const known = this.#options.deps.signal.aborted ? null : await this.#look().catch(() => null);
    const gone = known ?? this.byNotice();
    return gone?.fate.isReclaimed === true ? gone : null;
  }

  async #look(): Promise<InstanceGoneError | null> {
    const { clock } = this.#options.deps;
    const fate = await this.#answer();
    this.#nextAt = clock.now() + this.#pauseMs;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.#pauseMs);
    if (fate === null) return null;
    this.#isThere = fate.state === 'running' || fate.state === 'pending';
    return this.#isThere ? null : this.#gone(fate);
  }

  /** Until when it makes sense to dial it, ms since the epoch. */
  get hopeEndsAt(): number {
    const notice = this.#notice;
    return notice === null ? Infinity : Date.parse(notice.at) + NOTICE_SLACK_MS;
  }

  /** That the notice has come true, for want of a better source; null where there was none, or its time has not come. */
  byNotice(): InstanceGoneError | null {
    const { target, deps } = this.#options;
    const notice = this.#notice;
    if (notice === null || deps.clock.now() < Date.parse(notice.at) - NOTICE_SLACK_MS) return null;
    return this.#gone({
      instanceId: target.instance.instanceId,
      state: notice.action === 'terminate' ? 'terminated' : 'stopped',
      isReclaimed: true,
      at: null,
      reason: `interruption notice: ${notice.action} at ${notice.at}`,
      requestStatus: null,
    });
  }

  /** Not where the source says that the instance is there. */
  get #notice(): InterruptionNotice | null {
    return this.#isThere ? null : this.#options.interruption();
  }

  async #answer(): Promise<Fate | null> {
    const { target, deps, notice } = this.#options;
    const { fates, signal } = deps;
    try {
      return await withDeadline(signal, PATIENCE_MS, (deadline) =>
        deadline.race(fates?.of(target.instance) ?? Promise.resolve(null)),
      );
    } catch (error) {
      signal.throwIfAborted();
      const story = `nobody could be asked what became of the instance: ${wordsOf(error)}`;
      if (!this.#complained) notice(story, story);
      this.#complained = true;
      return null;
    }
  }

  #gone(fate: Fate): InstanceGoneError {
    const { ledger, clock } = this.#options.deps;
    ledger.instanceEnded(fate.instanceId, fate.state, fate.reason);
    return new InstanceGoneError(fate, isoTime(this.#missedAt ?? clock.now()));
  }
}
