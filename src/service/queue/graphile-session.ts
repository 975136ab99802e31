import type { Job } from 'graphile-worker';
import {
  type GraphileJobTable,
  type GraphilePayload,
  keepLockStatement,
  lineUpStatement,
  type LockedJob,
  placeStatement,
  putOffStatement,
  wokenStatement,
} from '../../state/graphile-jobs.ts';
import type { WorkerTable } from '../../state/workers.ts';
import type { Clock } from '../../util/clock.ts';
import { pause } from '../../util/pause.ts';
import type { Claims } from './claims.ts';
import { type Engine, type Query, startEngine } from './engine.ts';
import { Lease } from './lease.ts';
import type { Disposition, WorkOptions } from './queue.ts';
import type { Turns } from './turns.ts';

export interface SessionParts {
  readonly jobs: GraphileJobTable;
  readonly workers: WorkerTable;
  /** a PostgreSQL URL */
  readonly database: string;
  readonly clock: Clock;
  readonly workerId: string;
  readonly options: WorkOptions;
  readonly claims: Claims;
  readonly turns: Turns;
  readonly keepLocksEveryMs: number;
}

/** How often it looks for what it is not told of: what was put off and is due, and what dead workers have left, ms. */
const LOOK_EVERY_MS = 200;

/** How long it waits where the database could not be written, ms. */
const TRY_AGAIN_MS = 1000;

/** How often the place that the queue is at is written, and read, at most, ms. */
const PLACE_EVERY_MS = 50;

/** An engine, and the lease that stands for what it has locked. */
export class GraphileSession {
  readonly #parts: SessionParts;
  readonly #onOver: (session: GraphileSession) => void;
  readonly #over = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #engineId = '';
  #lease: Lease | null = null;
  #engine: Engine | null = null;
  #writtenPlace = 0;
  #placeReadAt = 0;
  #isWritingPlace = false;
  #isStopping = false;

  /**
   * @param onOver the lease is lost, or the engine has given up; called once, and not after `stop`
   * @throws the driver's errors, SpotError of the state
   */
  static async start(parts: SessionParts, onOver: (session: GraphileSession) => void): Promise<GraphileSession> {
    const session = new GraphileSession(parts, onOver);
    await session.#start();
    return session;
  }

  private constructor(parts: SessionParts, onOver: (session: GraphileSession) => void) {
    this.#parts = parts;
    this.#onOver = onOver;
  }

  /** Resolves when nothing is being worked on in it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#engine?.stop();
    this.#lease?.end();
  }

  async #start(): Promise<void> {
    const { database, options } = this.#parts;
    const engine = await startEngine({
      database,
      concurrency: options.concurrency,
      onNamed: (engineId) => this.#takeLease(engineId),
      handle: (job, query) => this.#handle(job, query),
      onEnded: (error) => this.#giveUp(error),
      onProblem: options.onProblem,
    });
    this.#engine = engine;
    if (this.#lease === null) {
      await engine.stop();
      throw new Error('the lease of the worker could not be taken');
    }
    this.#timers.push(setInterval(() => engine.look(), LOOK_EVERY_MS));
  }

  /** Called before the engine claims anything. @throws SpotError of the state */
  #takeLease(engineId: string): void {
    const { workers, workerId, clock, options } = this.#parts;
    this.#engineId = engineId;
    workers.begin({ id: workerId, engineIds: [engineId], leaseMs: options.leaseMs });
    const onLost = (): void => this.#end(`${workerId} has lost its lease`);
    this.#lease = new Lease({ clock, options, renew: () => this.#renew(), onLost });
  }

  #renew(): boolean {
    const { workers, jobs, workerId, options } = this.#parts;
    if (!workers.renew(workerId, options.leaseMs)) return false;
    try {
      jobs.freeLost();
      if (this.#engine !== null) jobs.freeStray(this.#engineId, this.#engine.held());
    } catch (error) {
      options.onProblem('what was claimed and got lost could not be freed', error);
    }
    return true;
  }

  #giveUp(error: unknown): void {
    this.#parts.options.onProblem('the engine of the queue has ended', error);
    this.#lease?.lose();
  }

  #end(why: string): void {
    this.#over.abort(new Error(why));
    this.#onOver(this);
  }

  /** What it throws leaves the job to whoever comes next. */
  async #handle(job: Job, query: Query): Promise<void> {
    const { claims, turns, workerId } = this.#parts;
    const { signal } = this.#over;
    signal.throwIfAborted();
    const { place, requestId, tries: earlier } = job.payload as GraphilePayload;
    const key = job.key ?? '';
    const tries = earlier + job.attempts;
    const locked = (payload: GraphilePayload): LockedJob => {
      return { id: job.id, key, engineId: this.#engineId, revision: job.revision, payload };
    };
    if (place === null) await this.#readPlace(query);
    const newPlace = place === null ? turns.take(requestId) : null;
    if (newPlace !== null) {
      await query(lineUpStatement(locked({ requestId, place: newPlace, tries: tries - 1 }), newPlace));
      return;
    }
    if (place !== null) this.#passed(place, query);
    const again = locked({ requestId, place: null, tries });
    const keeping = setInterval(() => void this.#keepLock(again, query), this.#parts.keepLocksEveryMs);
    await claims
      .handle({ key, workerId, tries, signal }, (disposition) => this.#settle(again, disposition, query))
      .finally(() => clearInterval(keeping));
  }

  async #keepLock(job: LockedJob, query: Query): Promise<void> {
    try {
      await query(keepLockStatement(job));
    } catch (error) {
      this.#parts.options.onProblem(`the lock of ${job.key} could not be kept`, error);
    }
  }

  async #settle(job: LockedJob, disposition: Disposition, query: Query): Promise<void> {
    const { options } = this.#parts;
    const { signal } = this.#over;
    // the engine removes a job without asking who has it
    while (this.#lease?.isHeld === true) {
      if (disposition === 'done') return;
      try {
        await query(putOffStatement(job, disposition.putOffMs));
        await query(wokenStatement(job));
        return;
      } catch (error) {
        options.onProblem(`what became of ${job.key} could not be written down yet`, error);
      }
      await pause(TRY_AGAIN_MS, signal);
    }
    signal.throwIfAborted();
  }

  /** Other workers move it on. */
  async #readPlace(query: Query): Promise<void> {
    if (this.#parts.clock.now() - this.#placeReadAt >= PLACE_EVERY_MS) await this.#exchangePlace(query);
  }

  async #exchangePlace(query: Query): Promise<void> {
    const { turns, clock } = this.#parts;
    const [row] = await query(placeStatement(turns.place));
    turns.passed(Number(row?.['place']));
    this.#placeReadAt = clock.now();
  }

  /** Those who add keys, and other workers, read it: a little late is soon enough. */
  #passed(place: number, query: Query): void {
    this.#parts.turns.passed(place);
    if (this.#isWritingPlace) return;
    this.#isWritingPlace = true;
    void this.#writePlace(query).finally(() => (this.#isWritingPlace = false));
  }

  async #writePlace(query: Query): Promise<void> {
    const { turns, options } = this.#parts;
    try {
      while (turns.place > this.#writtenPlace) {
        this.#writtenPlace = turns.place;
        await this.#exchangePlace(query);
        await pause(PLACE_EVERY_MS, this.#over.signal);
      }
    } catch (error) {
      if (!this.#isStopping) options.onProblem('the place that the queue is at could not be written', error);
    }
  }
}
