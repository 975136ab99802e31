import type { BackOff } from '../../util/back-off.ts';

/**
 * A durable queue of keys, one for each deployment that has something left to do. It knows nothing of deployments: what a
 * key means, and how far it has come, is written in the state, and whoever gets the key looks there.
 */
export interface JobQueue {
  /**
   * All of them or none, in the caller's transaction if there is one (`State.atomically`); durable when it returns. The keys
   * of a request are added at once; one that is in the queue already stays as it is.
   */
  add(jobs: readonly NewJob[]): void;
  /** A key that was put off is due now; one that is being worked on is due at once if it is put off. */
  wake(key: string): void;
  /**
   * Claims keys and hands them to `handler` until it is stopped. Whoever loses the lease has the signals of its claims
   * aborted, and goes on with a new lease.
   */
  work(handler: JobHandler, options: WorkOptions): Promise<Working>;
  /** How many keys are due, put off, or claimed by a worker whose lease has not run out. */
  counts(): QueueCounts;
}

export interface NewJob {
  readonly key: string;
  /** keys of one request take turns with those of others: the queue gives each a place of its own (start-time fair queueing) */
  readonly requestId: string;
  /** ms since the epoch */
  readonly dueAt: number;
}

/** After a handler that threw. */
export const RETRY_BACK_OFF: BackOff = { firstMs: 1000, longestMs: 60_000 };

/** `done` takes the key out of the queue; else it is due again after the delay, ms. */
export type Disposition = 'done' | { readonly putOffMs: number };

/**
 * Must not throw for what was foreseen: a key whose handler throws is put off, longer each time (`RETRY_BACK_OFF`).
 * The same key may come again at any time after its worker died: what was done before is found in the state.
 * @param signal aborted when the lease could not be renewed: somebody else may be at it by now
 */
export type JobHandler = (key: string, claim: Claim) => Promise<Disposition>;

export interface Claim {
  readonly workerId: string;
  /** how often it was claimed, this time counted */
  readonly tries: number;
  readonly signal: AbortSignal;
}

export interface WorkOptions {
  /** keys that are worked on at once, at most */
  readonly concurrency: number;
  /** how long the keys of a worker that is not heard of are left to it, ms; the lease is renewed three times as often */
  readonly leaseMs: number;
  /** told of what goes wrong with the queue itself, or in a handler */
  readonly onProblem: (message: string, error: unknown) => void;
}

export interface Working {
  /** `wk-…` */
  readonly workerId: string;
  /** keys being worked on */
  readonly busy: number;
  /** claims nothing more; resolves when nothing is being worked on */
  stop(): Promise<void>;
}

export interface QueueCounts {
  readonly due: number;
  readonly putOff: number;
  readonly claimed: number;
}
