import type { RegionSync } from '../fleet/sync.ts';
import { type AutoSync, dueNow, lastSeenOf, sayChanges, syncPlaces } from './auto-sync.ts';
import { describeProblems } from './sync-view.ts';

/**
 * Looks instances up again and again, beside a command that goes on: whenever that is due, and never twice at once. What
 * keeps EC2 from answering is said once, and that it answers again.
 */
export class Refresher {
  readonly #request: AutoSync;
  readonly #closing = new AbortController();
  #underWay: Promise<void> | null = null;
  #triedAt = -Infinity;
  /** what keeps EC2 from answering, as it was said last */
  #told = '';
  /** thrown out of the background, or null */
  #failure: { readonly error: unknown } | null = null;

  /** @param signals aborted, any of them gives up what is under way */
  constructor(request: AutoSync, ...signals: readonly AbortSignal[]) {
    this.#request = request;
    const giveUp = (): void => this.#closing.abort();
    for (const signal of signals) signal.addEventListener('abort', giveUp, { once: true });
  }

  /**
   * Begins to look where that is due.
   * @returns when that is done, for whoever wants to wait for it
   * @throws what an earlier look has thrown: not that EC2 does not answer, that is a warning
   */
  refresh(): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#closing.signal.aborted || !this.#isTime()) return Promise.resolve();
    this.#underWay ??= this.#look()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#underWay = null;
      });
    return this.#underWay;
  }

  /** Gives up what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#underWay;
  }

  /** Where EC2 does not answer, it is not asked more often either. */
  #isTime(): boolean {
    const { options, config, io } = this.#request;
    return options.sync !== false && io.clock.now() - this.#triedAt >= config.aws.syncMaxAgeMs;
  }

  async #look(): Promise<void> {
    const { io } = this.#request;
    const due = dueNow(this.#request);
    if (due.length === 0) return;
    this.#triedAt = io.clock.now();
    const syncs = await syncPlaces(due, this.#request, { withPrices: false, signal: this.#closing.signal });
    if (!this.#closing.signal.aborted) this.#tell(syncs);
  }

  #tell(syncs: readonly RegionSync[]): void {
    const { io, options } = this.#request;
    if (!options.quiet) sayChanges(syncs, io);
    const problems = syncs.flatMap(({ region, problem }) => (problem === null ? [] : [`${region} ${problem.code}`]));
    const before = this.#told;
    this.#told = problems.join();
    if (this.#told === before) return;
    if (this.#told === '') io.stderr.write('EC2 answers again\n');
    for (const text of describeProblems(syncs, lastSeenOf(this.#request))) io.stderr.write(`spot: warning: ${text}\n`);
  }
}
