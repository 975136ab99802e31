/** How long a job counts as held after its end, ms: the engine has yet to write that down. */
const REMEMBER_MS = 10_000;

/** The jobs that an engine is at. */
export class Held {
  /** when the work ended, by a clock that nobody sets, ms */
  readonly #jobs = new Map<string, { readonly work: Promise<unknown>; endedAt: number | null }>();

  /** Holds a job until the work is done. @returns what the work comes to */
  async while<T>(id: string, work: Promise<T>): Promise<T> {
    const job = { work, endedAt: null as number | null };
    this.#jobs.set(id, job);
    try {
      return await work;
    } finally {
      job.endedAt = performance.now();
    }
  }

  /** Those held now, and those that were until a moment ago. */
  ids(): string[] {
    const long = performance.now() - REMEMBER_MS;
    for (const [id, { endedAt }] of this.#jobs) if (endedAt !== null && endedAt < long) this.#jobs.delete(id);
    return [...this.#jobs.keys()];
  }

  /** Resolves when all that is held now has been let go. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#jobs.values()].map(({ work }) => work));
  }
}
