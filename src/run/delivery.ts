import { labelOf } from '../model/instance.ts';
import type { Plan, Target } from '../model/plan.ts';
import { RUNNER_DIGEST } from '../remote/job.ts';
import type { Connection } from '../transport/transport.ts';
import type { Deadline } from '../util/deadline.ts';
import type { Cargo, Delta } from './cargo.ts';
import type { RunDeps } from './deps.ts';
import { CancelledError } from './explain.ts';
import { jobOf } from './job-of.ts';
import type { RunnerSession, SessionHandlers } from './runner-session.ts';
import type { Timeline } from './timeline.ts';
import { lacksRunner, type OpenRunner, openRunner, sendCargo } from './upload.ts';

export interface DeliveryOptions {
  readonly plan: Plan;
  /** null for an attempt that another client began */
  readonly cargo: Cargo | null;
  readonly deps: RunDeps;
  readonly timeline: Timeline;
  readonly handlers: SessionHandlers;
  readonly notice: (message: string, evidence: string | null) => void;
  /** told, just before, that from now on the script may be started, and that it was not after all */
  readonly onSent: (sent: boolean) => void;
}

/** Where to: a connection of this try. */
export interface Drop {
  readonly connection: Connection;
  readonly target: Target;
  readonly deadline: Deadline;
}

/** Brings the runner, the job and the archive to an instance, over one connection, and sees the script start. */
export class Delivery {
  readonly #options: DeliveryOptions;
  #needsWhole = false;
  #isSent = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * The runner is sent, too, where the instance does not have it, or not as it should be.
   * @throws as `openRunner` and `sendCargo`
   */
  async bring(drop: Drop): Promise<RunnerSession> {
    this.#isSent = false;
    try {
      return await this.#bring(drop, this.#hasRunner(drop.target));
    } catch (error) {
      if (!lacksRunner(error)) throw error;
      this.#isSent = false;
      this.#options.onSent(false);
      return this.#bring(drop, false);
    }
  }

  #hasRunner({ instance }: Target): boolean {
    const { plan, deps } = this.#options;
    return plan.useCache && deps.ledger.cacheOf(instance.instanceId).runnerDigest === RUNNER_DIGEST;
  }

  async #bring(drop: Drop, isCached: boolean): Promise<RunnerSession> {
    const { plan, deps, cargo } = this.#options;
    if (cargo === null) throw new Error('an attempt without its cargo cannot be started');
    const { instanceId } = drop.target.instance;
    const delta = this.#needsWhole ? null : await drop.deadline.race(cargo.deltaFor(instanceId));
    const runner = await this.#open(drop, delta, isCached);
    await this.#send(runner, cargo, delta, drop);
    if (!isCached && plan.useCache) deps.ledger.runnerCached(instanceId, RUNNER_DIGEST);
    return runner.session;
  }

  /** The password goes along to whoever may have it. */
  async #open(drop: Drop, delta: Delta | null, isCached: boolean): Promise<OpenRunner> {
    const { plan, deps, handlers } = this.#options;
    const { target, deadline } = drop;
    const lent = deps.sudoPassword?.lend(labelOf(target.instance), deadline.signal);
    const loan = lent === undefined ? null : await deadline.race(lent);
    try {
      const job = jobOf(plan, target, deps.environment, delta?.job ?? null, loan?.secret ?? null);
      const runner = await openRunner({ ...drop, plan, job, isCached, handlers });
      loan?.watch(runner.session);
      return runner;
    } catch (error) {
      loan?.giveBack();
      throw error;
    }
  }

  /** A run that is cancelled when the script may have been started goes on, so that it can be ended over there. */
  async #send(runner: OpenRunner, cargo: Cargo, delta: Delta | null, drop: Drop): Promise<void> {
    const { timeline } = this.#options;
    try {
      await sendCargo(runner, {
        ...drop,
        archive: cargo.archive,
        delta,
        onProgress: (bytes, totalBytes) => timeline.progress(bytes, totalBytes),
        onSent: () => this.#markSent(),
        onWhole: () => this.#sendWhole(),
      });
      await drop.deadline.race(runner.session.until('started'));
    } catch (error) {
      if (!(this.#isSent && error instanceof CancelledError)) throw error;
    }
  }

  #markSent(): void {
    this.#isSent = true;
    this.#options.onSent(true);
  }

  /** Somebody has changed the files of the last run; so a further try need not look at them. */
  #sendWhole(): void {
    this.#needsWhole = true;
    const story = 'the files of the last payload are not there as they were: all is sent';
    this.#options.notice(story, null);
  }
}
