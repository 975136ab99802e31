import type { Target } from '../model/plan.ts';
import { remotePaths } from '../remote/job.ts';
import type { Connection } from '../transport/transport.ts';
import { backOff } from '../util/back-off.ts';
import { withDeadline } from '../util/deadline.ts';
import type { Cargo } from './cargo.ts';
import { Delivery } from './delivery.ts';
import { ControlGoneError, endedElsewhere } from './explain.ts';
import { Line, type LineOptions } from './line.ts';
import { longestBeforeStartMs, longestExecutionMs } from './longest.ts';
import {
  isNoAnswer,
  isOpenQuestion,
  isPassing,
  isTakenAway,
  leftNothing,
  mayComeBack,
  silenceIsLoss,
  wordsOf,
} from './retry.ts';
import { FolderGone, type RunnerSession, type SessionHandlers } from './runner-session.ts';
import { openFollower } from './upload.ts';

/** An instance says for how many whole seconds it has been up, and a clock tick is a guess, ms. */
const UP_PRECISION_MS = 2000;

export interface LinkOptions extends LineOptions {
  /** null for an attempt that another client began */
  readonly cargo: Cargo | null;
  readonly handlers: SessionHandlers;
  /** where the outputs broke off, bytes */
  readonly offsets: () => { readonly stdout: number; readonly stderr: number };
}

/**
 * The way to the runner of one attempt, over as many connections as it takes. The script is started at most once:
 *
 *   nothing sent --link lost--> again in new folders, `retries` times
 *   all sent --link lost--> asks for the receipt over a new connection: not taken = again, taken = follows
 *   all sent --deadline--> likewise, but not taken = given up
 *   started --link lost--> follows over a new connection, until the instance's own deadline is over
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #line: Line;
  readonly #delivery: Delivery;
  #target: Target;
  #sent: boolean;
  #tries = 1;
  /** before anything of this try was on the instance, ms since the epoch */
  #begunAt = 0;
  /** when the script was seen to be started, ms since the epoch */
  #startedAt: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#target = options.target;
    this.#sent = options.cargo === null;
    this.#line = new Line(options);
    this.#delivery = new Delivery({ ...options, onSent: (sent) => this.#markSent(sent) });
  }

  /** the tail of the folders of the try that counts */
  get stamp(): string {
    return this.#target.stamp;
  }

  /** null while there is none */
  get connection(): Connection | null {
    return this.#line.connection;
  }

  /** to connect and upload */
  get tries(): number {
    return this.#tries;
  }

  /** the script may have been started */
  get sent(): boolean {
    return this.#sent;
  }

  /**
   * Connects, uploads and sees the script start.
   * @throws what kept it from that, when no further try would do
   */
  async begin(): Promise<RunnerSession> {
    const { plan, deps, notice, whereabouts } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#start();
      } catch (thrown) {
        const error = await this.#line.reasonOf(thrown);
        const session = this.#sent && isOpenQuestion(error) ? await this.#askReceipt(error) : null;
        if (session !== null) return session;
        if (isTakenAway(error)) {
          this.#sent = false;
          throw endedElsewhere();
        }
        const gone = this.#sent ? null : await whereabouts.ask(error);
        if (gone !== null || this.#sent || tries > plan.retries || !isPassing(error)) throw gone ?? error;
        notice(`${wordsOf(error)}; trying again (${tries} of ${plan.retries})`, null);
        this.#tries = tries + 1;
        await this.close();
        await backOff(tries, deps.random, deps.signal);
        this.#renew();
      }
    }
  }

  /**
   * Follows a script that was started, over a new connection.
   * @param brokenBy why the last one is gone, or null; thrown where it cannot be taken up again in time
   * @param patienceMs by default nobody gives up until the instance has ended the script by itself
   * @throws RunnerRefusal `void` where it turns out that it was not started and now will not be
   */
  async takeUp(brokenBy: unknown, patienceMs = this.#untilScriptEnds()): Promise<RunnerSession> {
    const { deps, notice, whereabouts } = this.#options;
    const cause = await this.#line.reasonOf(brokenBy);
    const giveUpAt = deps.clock.now() + patienceMs;
    if (cause !== null) whereabouts.missed();
    for (let tries = 1; ; tries += 1) {
      await this.close();
      if (cause !== null || tries > 1) await backOff(tries, deps.random, deps.signal);
      try {
        const session = await this.#attach();
        const story = `the connection broke (${wordsOf(cause)}) and was taken up again`;
        if (cause !== null) notice(story, story);
        whereabouts.found();
        return session;
      } catch (error) {
        const gone = await whereabouts.ask(error);
        if (gone !== null) throw gone;
        const isOver = deps.clock.now() > Math.min(giveUpAt, whereabouts.hopeEndsAt);
        if (!mayComeBack(error)) throw (isNoAnswer(error) ? whereabouts.byNotice() : null) ?? error;
        if (isOver) throw whereabouts.byNotice() ?? cause ?? error;
      }
    }
  }

  /**
   * Follows a script that another client may have started.
   * @param begunAt when that client began, ms since the epoch: it tells when the instance has ended the script by itself
   */
  takeUpLeft(begunAt: number): Promise<RunnerSession> {
    const { plan } = this.#options;
    this.#begunAt = begunAt;
    const patienceMs = this.#untilScriptEnds(begunAt + longestBeforeStartMs(plan));
    // an instance that is late for the first connection is not lost yet
    return this.takeUp(null, Math.max(patienceMs, plan.limits.connectTimeoutMs));
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  /** The instance ends the script by itself, with or without a client; ms from now. */
  #untilScriptEnds(startedAt = this.#startedAt): number {
    const { plan, deps } = this.#options;
    const since = startedAt ?? deps.clock.now();
    return Math.max(0, since + longestExecutionMs(plan.limits) - deps.clock.now());
  }

  async #start(): Promise<RunnerSession> {
    const { plan, deps, timeline } = this.#options;
    this.#begunAt = deps.clock.now();
    const connection = await this.#line.reach();
    timeline.begin('upload');
    const session = await withDeadline(deps.signal, plan.limits.uploadTimeoutMs, (deadline) =>
      this.#delivery.bring({ connection, target: this.#target, deadline }),
    );
    this.#startedAt = deps.clock.now();
    return session;
  }

  #markSent(sent: boolean): void {
    const { plan, deps, target } = this.#options;
    this.#sent = sent;
    if (!sent || !plan.tracksPayload || plan.mode === 'copy') return;
    deps.ledger.payloadSent(plan.runId, target.instance.instanceId);
  }

  /** @returns null where the receipt was not taken: the script was not started, and now will not be */
  async #askReceipt(cause: unknown): Promise<RunnerSession | null> {
    try {
      return await this.takeUp(cause);
    } catch (error) {
      if (!leftNothing(error)) throw error;
      this.#sent = false;
      return null;
    }
  }

  async #attach(): Promise<RunnerSession> {
    const { plan, deps, offsets, handlers } = this.#options;
    const connection = await this.#line.connect();
    return withDeadline(deps.signal, plan.limits.connectTimeoutMs, async (deadline) => {
      const session = await openFollower({ connection, stamp: this.stamp, from: offsets(), deadline, handlers });
      this.#startedAt ??= deps.clock.now();
      return session;
    }).catch((error: unknown) => {
      throw error instanceof FolderGone ? this.#controlGone(error) : silenceIsLoss(error);
    });
  }

  #controlGone({ upMs }: FolderGone): ControlGoneError {
    const sinceMs = this.#options.deps.clock.now() - this.#begunAt;
    return new ControlGoneError(remotePaths(this.stamp).control, upMs + UP_PRECISION_MS < sinceMs);
  }

  /** A further try makes folders of its own: those of the last one may still be there. */
  #renew(): void {
    const { plan, deps } = this.#options;
    this.#target = { ...this.#target, stamp: deps.stamp() };
    const isOpen = deps.ledger.attemptRenewed(plan.runId, this.#target.instance.instanceId, this.stamp);
    if (!isOpen) throw endedElsewhere();
  }
}
