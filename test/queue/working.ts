import { onTestFinished } from 'vitest';
import { waitFor as wait } from '../helpers/wait-for.ts';
import type { Claim, Disposition, JobQueue, NewJob, Working, WorkOptions } from '../../src/service/queue/queue.ts';

/** With the patience for a database on a machine that is busy with other tests. */
export const waitFor = <T>(what: string, condition: () => T | Promise<T>): ReturnType<typeof wait<T>> =>
  wait(what, condition, 20_000);

export interface Problem {
  readonly message: string;
  readonly error: unknown;
}

/** Works until the test is over, and tells what came. */
export class Worker {
  /** keys in the order in which they came */
  readonly keys: string[] = [];
  readonly problems: Problem[] = [];
  #working: Working | null = null;

  static async start(
    queue: JobQueue,
    handler: (key: string, claim: Claim, worker: Worker) => Disposition | Promise<Disposition>,
    options: Partial<WorkOptions> = {},
  ): Promise<Worker> {
    const worker = new Worker();
    const onProblem = (message: string, error: unknown): void => void worker.problems.push({ message, error });
    worker.#working = await queue.work(
      async (key, claim) => {
        worker.keys.push(key);
        return handler(key, claim, worker);
      },
      { concurrency: 1, leaseMs: 15_000, onProblem, ...options },
    );
    onTestFinished(() => worker.stop());
    return worker;
  }

  get id(): string {
    return this.#working?.workerId ?? '';
  }

  get busy(): number {
    return this.#working?.busy ?? 0;
  }

  stop(): Promise<void> {
    return this.#working?.stop() ?? Promise.resolve();
  }
}

/** `count` keys of one request, `<request>-0` and so on, due now or later. */
export function keysOf(requestId: string, count: number, dueInMs = 0): NewJob[] {
  const dueAt = Date.now() + dueInMs;
  return Array.from({ length: count }, (_, index) => ({ key: `${requestId}-${index}`, requestId, dueAt }));
}

/** What waits for the test. */
export class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}
