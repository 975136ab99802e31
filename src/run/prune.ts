import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { configError } from '../model/errors.ts';
import type { Forgetting, KeptLogs } from '../state/forgetting.ts';
import { reasonOf } from '../util/system-error.ts';

export interface PruneOptions {
  /** the folder with one folder for each run, named by its id */
  readonly logsDir: string;
  /** finished runs that stay */
  readonly keepRuns: number;
  /** outputs of finished runs that stay; those of the newest one stay however large they are */
  readonly keepBytes: number;
  /** runs that lose their row or their outputs this time; the others have their turn the next time */
  readonly most: number;
  /** ms since the epoch */
  readonly now: number;
  /** whether a run stays although it is too much; by default none does */
  readonly spares?: (runId: string) => boolean;
}

/** What was pruned. */
export interface Pruned {
  /** ids of the runs that are gone */
  readonly runs: readonly string[];
  /** ids of the runs whose outputs are gone, and which are still on record */
  readonly logs: readonly string[];
  /** of all outputs that are gone */
  readonly bytes: number;
  /** a sentence for each folder that could not be removed; its run stays on record and is tried again the next time */
  readonly problems: readonly string[];
}

/** Whoever begins a run makes its folder first and its row right after it, ms. */
const ABANDONED_MS = 3_600_000;

/**
 * Forgets finished runs beyond what is to be kept, oldest first. The state file says that outputs are pruned before
 * their folder goes, and a run's row goes last: killed in between it leaves a folder of which the row says that it is
 * pruned, which the next time removes, or a row of which the next time has to remove less.
 * @throws SpotError (exit 78) `logs-unreadable`
 */
export async function pruneHistory(forgetting: Forgetting, options: PruneOptions): Promise<Pruned> {
  const pruning = new Pruning(forgetting, options, await namesIn(options.logsDir));
  await pruning.oldRuns();
  const kept = forgetting.logs();
  await pruning.oldLogs(kept);
  await pruning.leftovers(kept);
  return pruning;
}

async function namesIn(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return new Set();
    throw unreadable(folder, error);
  }
}

/** Taken for empty, it would cost the rows of outputs that are still there. */
function unreadable(folder: string, error: unknown): Error {
  return configError('logs-unreadable', `${folder} cannot be read (${reasonOf(error)}); check its permissions`, error);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

class Pruning implements Pruned {
  readonly runs: string[] = [];
  readonly logs: string[] = [];
  readonly problems: string[] = [];
  bytes = 0;
  readonly #forgetting: Forgetting;
  readonly #options: PruneOptions;
  /** names in the log folder */
  readonly #folders: Set<string>;

  constructor(forgetting: Forgetting, options: PruneOptions, folders: Set<string>) {
    this.#forgetting = forgetting;
    this.#options = options;
    this.#folders = folders;
  }

  async oldRuns(): Promise<void> {
    const { keepRuns, most, spares = () => false } = this.#options;
    const old = this.#forgetting.beyond(keepRuns, most).filter((runId) => !spares(runId));
    if (old.length === 0) return;
    const bytesOf = new Map(this.#forgetting.logs().map(({ runId, bytes }) => [runId, bytes]));
    for (const runId of old) {
      this.#forgetting.forgetLogs(runId);
      if (!(await this.#removeFolder(runId))) continue;
      this.#forgetting.forgetRun(runId);
      this.runs.push(runId);
      this.bytes += bytesOf.get(runId) ?? 0;
    }
  }

  async oldLogs([newest, ...older]: readonly KeptLogs[]): Promise<void> {
    const { keepBytes, most, spares = () => false } = this.#options;
    let kept = newest?.bytes ?? 0;
    const tooMuch = older.filter(({ bytes }) => {
      kept += bytes;
      return bytes > 0 && kept > keepBytes;
    });
    const old = tooMuch.reverse().filter(({ runId }) => !spares(runId));
    for (const { runId, bytes } of old.slice(0, most - this.runs.length)) {
      this.#forgetting.forgetLogs(runId);
      if (!(await this.#removeFolder(runId))) continue;
      this.logs.push(runId);
      this.bytes += bytes;
    }
  }

  /** What somebody left who was killed: a folder that its run says nothing of, or one whose run was never begun. */
  async leftovers(kept: readonly KeptLogs[]): Promise<void> {
    const finished = new Map(kept.map(({ runId, bytes }) => [runId, bytes]));
    for (const name of this.#folders) {
      if (finished.get(name) === 0) await this.#removeFolder(name);
      else if (!this.#forgetting.knows(name)) await this.#removeAbandoned(name);
    }
  }

  async #removeFolder(runId: string): Promise<boolean> {
    if (!this.#folders.delete(runId)) return true;
    const folder = join(this.#options.logsDir, runId);
    try {
      await rm(folder, { recursive: true, force: true });
      return true;
    } catch (error) {
      this.problems.push(`${folder} cannot be removed (${reasonOf(error)}); check its permissions`);
      return false;
    }
  }

  /** Only an empty folder: of what is in another one the state file knows nothing, so it is not ours to remove. */
  async #removeAbandoned(name: string): Promise<void> {
    const folder = join(this.#options.logsDir, name);
    try {
      const { mtimeMs } = await stat(folder);
      if (this.#options.now - mtimeMs > ABANDONED_MS) await rmdir(folder);
    } catch {
      // a folder with something in it, a file, or nothing any more
    }
  }
}
