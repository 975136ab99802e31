import type { RunEventTable, RunHead } from '../../state/run-events.ts';

/** How often it is looked for what other processes have written, ms. */
export const POLL_MS = 250;
/** How long the last event of a run that is over may be on its way, ms. */
export const CLOSING_MS = 2000;

/** What a follower learns when it has waited: there may be more, or there will be nothing. */
export type News = 'more' | 'over';

/** Wakes those that follow runs: at once for what this process writes, and by looking, for all of them at once. */
export class Followers {
  readonly #table: RunEventTable;
  readonly #close: (runId: string) => void;
  readonly #followers = new Map<string, Set<Follower>>();
  /** runs that are over and whose last event is missing, and how often that was seen */
  readonly #unclosed = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  /** @param close writes the last event of a run that is over */
  constructor(table: RunEventTable, close: (runId: string) => void) {
    this.#table = table;
    this.#close = close;
  }

  join(runId: string): Follower {
    const follower = new Follower(() => this.#look(0));
    const others = this.#followers.get(runId) ?? new Set();
    this.#followers.set(runId, others.add(follower));
    return follower;
  }

  leave(runId: string, follower: Follower): void {
    const others = this.#followers.get(runId);
    others?.delete(follower);
    if (others?.size === 0) {
      this.#followers.delete(runId);
      this.#unclosed.delete(runId);
    }
    if (this.#followers.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Something of these runs was written. */
  wake(runIds: Iterable<string>): void {
    for (const runId of runIds) for (const follower of this.#followers.get(runId) ?? []) follower.tell('more');
  }

  /** Nothing is written any more, so far as anybody here learns. */
  end(): void {
    for (const runId of [...this.#followers.keys()]) this.#tellOver(runId);
  }

  #look(inMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#poll();
      if (this.#followers.size > 0) this.#look(POLL_MS);
    }, inMs);
  }

  /** A database that is busy, or away, is asked again. */
  #poll(): void {
    let heads: RunHead[];
    try {
      heads = this.#table.heads([...this.#followers.keys()]);
      for (const head of heads) this.#closeIfLate(head);
    } catch {
      return;
    }
    const known = new Map(heads.map((head) => [head.runId, head]));
    for (const [runId, followers] of this.#followers) {
      const head = known.get(runId);
      for (const follower of followers) {
        const isBehind = head !== undefined && head.last > follower.seen;
        if (isBehind) follower.tell('more');
        else if (head === undefined || head.isClosed) follower.tell('over');
      }
    }
  }

  #closeIfLate({ runId, isClosed, finishedAt }: RunHead): void {
    const looks = (this.#unclosed.get(runId) ?? 0) + 1;
    if (isClosed || finishedAt === null) this.#unclosed.delete(runId);
    else if (looks * POLL_MS < CLOSING_MS) this.#unclosed.set(runId, looks);
    else {
      this.#unclosed.delete(runId);
      this.#close(runId);
    }
  }

  #tellOver(runId: string): void {
    for (const follower of this.#followers.get(runId) ?? []) follower.tell('over');
  }
}

/** One that reads the events of a run, and waits where there are no more. */
export class Follower {
  /** number of the last event that it has read */
  seen = 0;
  readonly #onWait: () => void;
  /** what came while it was busy */
  #news: News | null = null;
  #resolve: ((news: News) => void) | null = null;

  /** @param onWait called whenever it begins to wait */
  constructor(onWait: () => void) {
    this.#onWait = onWait;
  }

  tell(news: News): void {
    if (this.#resolve === null) this.#news = this.#news === 'over' ? 'over' : news;
    else {
      this.#resolve(news);
      this.#resolve = null;
    }
  }

  wait(): Promise<News> {
    const news = this.#news;
    this.#news = null;
    if (news !== null) return Promise.resolve(news);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#onWait();
    });
  }
}
