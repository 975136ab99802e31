import type { JobClaim, JobTable } from '../../state/jobs.ts';
import type { WorkerTable } from '../../state/workers.ts';
import type { Clock } from '../../util/clock.ts';
import { pause } from '../../util/pause.ts';
import { createTimeIds } from '../../util/time-ids.ts';
import { Claims } from './claims.ts';
import { Lease } from './lease.ts';
import type { Disposition, JobHandler, JobQueue, Working, WorkOptions } from './queue.ts';

export interface EmbeddedQueueParts {
  readonly jobs: JobTable;
  readonly workers: WorkerTable;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
}

/** How often a worker with nothing to do looks for what other processes have added, ms. It reads, and takes no lock. */
const LOOK_EVERY_MS = 200;

/** How long it waits where the state could not be read or written, ms. */
const TRY_AGAIN_MS = 1000;

/** The queue in the state file, for any number of processes of this machine. */
export function embeddedQueue(parts: EmbeddedQueueParts): JobQueue {
  const { jobs } = parts;
  const working = new Set<EmbeddedWorker>();
  const wakeAll = (): void => {
    for (const worker of working) worker.claimSoon();
  };
  return {
    add: (added) => {
      jobs.add(added);
      wakeAll();
    },
    wake: (key) => {
      jobs.wake(key);
      wakeAll();
    },
    work: (handler, options) => {
      const worker = new EmbeddedWorker(parts, handler, options, () => working.delete(worker));
      working.add(worker);
      worker.claimSoon();
      return Promise.resolve(worker);
    },
    counts: () => jobs.counts(),
  };
}

/**
 * Claims whenever it has room: at the start, when a key was added in this process, when one has been worked on, when one that
 * was put off is due, and when a look finds something. What it claims stands under the lease of that moment.
 */
class EmbeddedWorker implements Working {
  readonly workerId: string;
  readonly #parts: EmbeddedQueueParts;
  readonly #options: WorkOptions;
  readonly #claims: Claims;
  readonly #onStopped: () => void;
  #held: { readonly lease: Lease; readonly lost: AbortController };
  #timer: NodeJS.Timeout | undefined;
  #isClaimingSoon = false;
  #stopped: Promise<void> | null = null;

  /** @throws SpotError of the state */
  constructor(parts: EmbeddedQueueParts, handler: JobHandler, options: WorkOptions, onStopped: () => void) {
    this.workerId = createTimeIds(parts.clock, parts.random)('wk');
    this.#parts = parts;
    this.#options = options;
    this.#claims = new Claims({ handler, random: parts.random, onProblem: options.onProblem });
    this.#onStopped = onStopped;
    this.#held = this.#takeLease();
  }

  get busy(): number {
    return this.#claims.count;
  }

  /** The transaction that a key was added in is over by then, and others had their turn with the event loop. */
  claimSoon(): void {
    if (this.#isClaimingSoon || this.#stopped !== null) return;
    this.#isClaimingSoon = true;
    setImmediate(() => {
      this.#isClaimingSoon = false;
      this.#claimMore();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #claimMore(): void {
    clearTimeout(this.#timer);
    if (this.#stopped !== null) return;
    try {
      if (!this.#held.lease.isHeld) this.#held = this.#takeLease();
      const room = this.#options.concurrency - this.busy;
      if (room > 0 && this.#claim(room) < room) this.#lookLater(LOOK_EVERY_MS);
    } catch (error) {
      this.#options.onProblem('no work could be claimed', error);
      this.#lookLater(TRY_AGAIN_MS);
    }
  }

  /** @returns how many */
  #claim(room: number): number {
    const { lease, lost } = this.#held;
    const claims = this.#parts.jobs.claim({ id: this.workerId, leaseMs: this.#options.leaseMs }, room);
    if (claims === null) lease.lose();
    else lease.renewed();
    for (const claim of claims ?? []) void this.#handle(claim, lost.signal);
    return claims?.length ?? 0;
  }

  async #handle(claim: JobClaim, signal: AbortSignal): Promise<void> {
    await this.#claims.handle({ ...claim, signal }, (disposition) => this.#settle(claim, disposition, signal));
    this.claimSoon();
  }

  /** Where the state cannot be written it is tried until the lease is lost: the key is somebody else's then. */
  async #settle(claim: JobClaim, disposition: Disposition, signal: AbortSignal): Promise<void> {
    const { jobs, clock } = this.#parts;
    while (!signal.aborted) {
      try {
        if (disposition === 'done') jobs.done(claim);
        else jobs.putOff(claim, clock.now() + disposition.putOffMs);
        return;
      } catch (error) {
        this.#options.onProblem(`what became of ${claim.key} could not be written down yet`, error);
      }
      await pause(TRY_AGAIN_MS, signal);
    }
  }

  #lookLater(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const { jobs, clock } = this.#parts;
    try {
      const { isDue, nextDueAt } = jobs.look();
      if (isDue || !this.#held.lease.isHeld) this.#claimMore();
      else this.#lookLater(Math.min(LOOK_EVERY_MS, (nextDueAt ?? Infinity) - clock.now()));
    } catch (error) {
      this.#options.onProblem('the queue could not be read', error);
      this.#lookLater(TRY_AGAIN_MS);
    }
  }

  #takeLease(): { lease: Lease; lost: AbortController } {
    const { workers, clock } = this.#parts;
    const { leaseMs } = this.#options;
    workers.begin({ id: this.workerId, engineIds: [], leaseMs });
    const lost = new AbortController();
    const lease = new Lease({
      clock,
      options: this.#options,
      renew: () => workers.renew(this.workerId, leaseMs),
      onLost: () => {
        lost.abort(new Error(`${this.workerId} has lost its lease`));
        this.claimSoon();
      },
    });
    return { lease, lost };
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#claims.idle();
    this.#held.lease.end();
    this.#onStopped();
    try {
      this.#parts.workers.end(this.workerId);
    } catch (error) {
      this.#options.onProblem('the lease of the worker could not be given back', error);
    }
  }
}
