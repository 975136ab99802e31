import type { GraphileJobTable } from '../../state/graphile-jobs.ts';
import type { WorkerTable } from '../../state/workers.ts';
import type { Clock } from '../../util/clock.ts';
import { pause } from '../../util/pause.ts';
import { createTimeIds } from '../../util/time-ids.ts';
import { Claims } from './claims.ts';
import { migrateEngine } from './engine.ts';
import { GraphileSession } from './graphile-session.ts';
import type { JobHandler, JobQueue, Working, WorkOptions } from './queue.ts';
import { Turns } from './turns.ts';

export interface GraphileQueueParts {
  readonly jobs: GraphileJobTable;
  readonly workers: WorkerTable;
  /** a PostgreSQL URL */
  readonly database: string;
  readonly clock: Clock;
  /** in [0, 1) */
  readonly random: () => number;
  /** how often the lock of a job is renewed that takes long, ms */
  readonly keepLocksEveryMs?: number;
}

/** The engine takes a lock for forgotten after four hours, ms. */
const KEEP_LOCKS_EVERY_MS = 3_600_000;

/** How long a worker waits where the engine could not be started again, ms. */
const START_AGAIN_MS = 1000;

/**
 * graphile-worker's queue, for any number of processes on any number of machines. Makes or updates its schema.
 * @throws the driver's errors
 */
export async function graphileQueue(parts: GraphileQueueParts): Promise<JobQueue> {
  const { jobs, database } = parts;
  await migrateEngine(database);
  return {
    add: (added) => jobs.add(added),
    wake: (key) => jobs.wake(key),
    work: async (handler, options) => {
      const worker = new GraphileWorker(parts, handler, options);
      await worker.start();
      return worker;
    },
    counts: () => jobs.counts(),
  };
}

/**
 * Works in sessions: an engine and the lease that stands for what it has locked. A session ends with its lease, or because
 * its engine gives up; then another one begins, under another name of the engine.
 */
class GraphileWorker implements Working {
  readonly workerId: string;
  readonly #parts: GraphileQueueParts;
  readonly #options: WorkOptions;
  readonly #claims: Claims;
  readonly #turns = new Turns();
  readonly #stopping = new AbortController();
  #session: Promise<GraphileSession | null> = Promise.resolve(null);
  #leaving: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(parts: GraphileQueueParts, handler: JobHandler, options: WorkOptions) {
    this.workerId = createTimeIds(parts.clock, parts.random)('wk');
    this.#parts = parts;
    this.#options = options;
    this.#claims = new Claims({ handler, random: parts.random, onProblem: options.onProblem });
  }

  get busy(): number {
    return this.#claims.count;
  }

  /** @throws the driver's errors */
  async start(): Promise<void> {
    const session = await this.#newSession();
    this.#session = Promise.resolve(session);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  #newSession(): Promise<GraphileSession> {
    const { workerId } = this;
    const { keepLocksEveryMs = KEEP_LOCKS_EVERY_MS } = this.#parts;
    const own = { workerId, claims: this.#claims, turns: this.#turns, options: this.#options, keepLocksEveryMs };
    return GraphileSession.start({ ...this.#parts, ...own }, (session) => this.#replace(session));
  }

  #replace(session: GraphileSession): void {
    this.#leaving = Promise.all([this.#leaving, session.stop()]).then(() => undefined);
    this.#session = this.#startAgain();
  }

  async #startAgain(): Promise<GraphileSession | null> {
    while (!this.#stopping.signal.aborted) {
      try {
        return await this.#newSession();
      } catch (error) {
        this.#options.onProblem('no work can be claimed', error);
        await pause(START_AGAIN_MS, this.#stopping.signal);
      }
    }
    return null;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await (await this.#session)?.stop();
    await this.#leaving;
    try {
      this.#parts.workers.end(this.workerId);
    } catch (error) {
      this.#options.onProblem('the lease of the worker could not be given back', error);
    }
  }
}
