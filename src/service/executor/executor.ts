import type { Claim, Disposition, JobQueue, Working } from '../queue/queue.ts';
import { Detached } from '../../run/detached.ts';
import { Cancellations } from './cancellations.ts';
import type { ExecutorDeps } from './deps.ts';
import { abandon } from './abandon.ts';
import { Journey } from './journey.ts';
import { Loads } from './loads.ts';
import { GIVEN_BACK } from './step.ts';
import { Work } from './work.ts';

/** How often a mistake of ours is made again before the deployment fails by it. */
const MOST_FAULTS = 5;
/** From one look at what is too much in the history to the next, ms. */
const PRUNE_EVERY_MS = 10_000;

export interface ExecutorOptions {
  readonly concurrency: number;
  readonly leaseMs: number;
}

/** Does what was written down: claims deployments and brings each of them further. */
export class Executor {
  readonly #deps: ExecutorDeps;
  readonly #queue: JobQueue;
  readonly #loads: Loads;
  readonly #cancellations: Cancellations;
  /** by deployment, with when it is over */
  readonly #works = new Map<string, { readonly work: Work; readonly over: Promise<unknown> }>();
  /** mistakes of ours in a row, by deployment */
  readonly #faults = new Map<string, number>();
  #isStopping = false;
  #prunedAt = 0;
  #pruning: Promise<void> = Promise.resolve();

  constructor(deps: ExecutorDeps, queue: JobQueue) {
    this.#deps = deps;
    this.#queue = queue;
    this.#loads = new Loads(deps.payloads, deps.state);
    this.#cancellations = new Cancellations(deps.state.deployments, (error) => {
      deps.log.warn('nobody could look who is to be cancelled', { error });
    });
  }

  /** One worker for this process. */
  async start({ concurrency, leaseMs }: ExecutorOptions): Promise<Working> {
    const { log } = this.#deps;
    const onProblem = (message: string, error: unknown): void => log.error(message, { error });
    const working = await this.#queue.work((key, claim) => this.#handle(key, claim), {
      concurrency,
      leaseMs,
      onProblem,
    });
    return {
      workerId: working.workerId,
      get busy() {
        return working.busy;
      },
      stop: () => this.#stop(working),
    };
  }

  /** Somebody in this process wants its end; others are heard a moment later. */
  hearCancelled(deploymentId: string): void {
    this.#cancellations.lookNow(deploymentId);
  }

  /** What runs is left running, what has not begun does not begin, and both go back into the queue. */
  async #stop(working: Working): Promise<void> {
    this.#isStopping = true;
    for (const { work } of this.#works.values()) work.leave();
    await working.stop();
    this.#deps.events.flush();
    await this.#pruning;
  }

  async #handle(key: string, claim: Claim): Promise<Disposition> {
    // of an earlier claim, which was lost
    await this.#works.get(key)?.over;
    if (this.#isStopping) return GIVEN_BACK;
    const work = new Work(key, claim);
    const over = this.#carry(work);
    this.#works.set(key, { work, over: over.catch(() => undefined) });
    this.#cancellations.add(key, work);
    try {
      return await over;
    } finally {
      this.#works.delete(key);
      this.#cancellations.remove(key);
      work.close();
    }
  }

  async #carry(work: Work): Promise<Disposition> {
    const { deploymentId } = work;
    try {
      const disposition = await new Journey(work, { ...this.#deps, loads: this.#loads }).goOn();
      this.#faults.delete(deploymentId);
      if (disposition === 'done') this.#prune();
      return disposition;
    } catch (error) {
      if (error instanceof Detached || work.isLost) return GIVEN_BACK;
      return this.#fault(deploymentId, error);
    }
  }

  /** @throws what went wrong, for the queue to put it off */
  #fault(deploymentId: string, error: unknown): Disposition {
    const faults = (this.#faults.get(deploymentId) ?? 0) + 1;
    this.#faults.set(deploymentId, faults);
    if (faults < MOST_FAULTS) throw error;
    this.#deps.log.error('a deployment fails by a mistake of ours', { deploymentId, error });
    this.#faults.delete(deploymentId);
    abandon(deploymentId, this.#deps);
    return 'done';
  }

  #prune(): void {
    const now = this.#deps.clock.now();
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    this.#pruning = this.#pruning.then(() => this.#deps.keepHistoryShort());
  }
}
