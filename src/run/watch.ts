import type { Instance } from '../model/instance.ts';
import type { Clock } from '../util/clock.ts';
import { pause } from '../util/pause.ts';
import { waitAfter } from './backlog.ts';

/** A run under way. */
export interface Round {
  readonly runId: string;
  /** ids of the instances that have no outcome yet; the set shrinks while the round goes on */
  readonly unfinished: ReadonlySet<string>;
  /** how many of them it works on at once, at most */
  readonly atOnce: number;
  /** its exit code; an error ends the watch */
  readonly ended: Promise<number>;
}

/** What there is to do at one moment. */
export interface Outlook {
  /** instances that lack the payload and are to get it now */
  readonly due: readonly Instance[];
  /** ids of runs of which attempts are open and whose client is dead */
  readonly abandoned: readonly string[];
}

export interface Duties {
  look(): Outlook;
  /** @param atOnce instances to be worked on at once */
  begin(instances: readonly Instance[], atOnce: number): Round;
  takeUp(runId: string): Round;
}

export interface WatchOptions {
  readonly clock: Clock;
  /** from one look to the next, ms */
  readonly intervalMs: number;
  /** instances worked on at once, in all rounds */
  readonly concurrency: number;
  /** aborted, either ends the watch; what it means for the rounds is theirs to know */
  readonly signal: AbortSignal;
  readonly detach: AbortSignal;
}

/**
 * Keeps a fleet caught up: looks again and again what there is to do, and starts a round wherever there is something
 * and room for it. A round does not wait for the one before: an instance that hangs must not keep newcomers waiting.
 * What dead clients have left is taken up; where that came to nothing it is tried again, after twice as long each time.
 * @returns when it is ended and no round is under way any more: the exit codes of the last rounds, combined
 * @throws what a look or a round throws, once the other rounds have ended
 */
export async function watch(duties: Duties, options: WatchOptions): Promise<number> {
  const { intervalMs, signal, detach } = options;
  const failure = new AbortController();
  const watcher = new Watcher(duties, options, (error) => failure.abort(error));
  while (!signal.aborted && !detach.aborted && !failure.signal.aborted) {
    watcher.look();
    await pause(intervalMs, signal, detach, failure.signal);
  }
  const exitCode = await watcher.end();
  if (failure.signal.aborted) throw failure.signal.reason;
  return exitCode;
}

class Watcher {
  readonly #duties: Duties;
  readonly #options: WatchOptions;
  readonly #fail: (error: unknown) => void;
  readonly #rounds = new Set<Round>();
  /** by run: how often it was taken up, and when it may be again, ms since the epoch */
  readonly #takenUp = new Map<string, { readonly times: number; readonly againAt: number }>();

  constructor(duties: Duties, options: WatchOptions, fail: (error: unknown) => void) {
    this.#duties = duties;
    this.#options = options;
    this.#fail = fail;
  }

  look(): void {
    try {
      const { due, abandoned } = this.#duties.look();
      for (const runId of abandoned.filter((id) => this.#mayTakeUp(id))) this.#start(this.#duties.takeUp(runId));
      const rounds = [...this.#rounds];
      const free = due.filter(({ instanceId }) => !rounds.some(({ unfinished }) => unfinished.has(instanceId)));
      const busy = rounds.reduce((sum, { atOnce, unfinished }) => sum + Math.min(atOnce, unfinished.size), 0);
      const room = this.#options.concurrency - busy;
      if (free.length > 0 && room > 0) this.#start(this.#duties.begin(free, room));
    } catch (error) {
      this.#fail(error);
    }
  }

  async end(): Promise<number> {
    const ends = await Promise.allSettled([...this.#rounds].map(({ ended }) => ended));
    return ends.reduce((bits, end) => (end.status === 'fulfilled' ? bits | end.value : bits), 0);
  }

  #mayTakeUp(runId: string): boolean {
    const { clock, intervalMs } = this.#options;
    if ([...this.#rounds].some((round) => round.runId === runId)) return false;
    const { times, againAt } = this.#takenUp.get(runId) ?? { times: 0, againAt: 0 };
    if (clock.now() < againAt) return false;
    this.#takenUp.set(runId, { times: times + 1, againAt: clock.now() + waitAfter(times + 1, intervalMs) });
    return true;
  }

  #start(round: Round): void {
    this.#rounds.add(round);
    round.ended.then(() => this.#rounds.delete(round), this.#fail);
  }
}
