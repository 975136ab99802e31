import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RescueFolder } from '../model/attempt.ts';
import type { InterruptionNotice } from '../model/fate.ts';
import { remotePaths } from '../remote/job.ts';
import { type Connection, LinkLostError } from '../transport/transport.ts';
import { withDeadline } from '../util/deadline.ts';
import { formatBytes } from '../util/format.ts';
import { pause } from '../util/pause.ts';
import type { RunDeps } from './deps.ts';
import { Haul } from './fetch/haul.ts';
import { parsePattern } from './fetch/pattern.ts';
import { openWorkplace } from './fetch/workplace.ts';
import { outputBase } from './outputs.ts';
import { isLinkLoss, wordsOf } from './retry.ts';
import { RunnerSession } from './runner-session.ts';

/** How long before the announced time it is brought home while the script runs on, ms: the last one has the latest. */
const LEADS_MS = [30_000, 20_000, 10_000] as const;
/** How long an instance may send nothing, ms. */
const SILENCE_MS = 60_000;
/** How long a link that breaks is taken up again when the script has ended, ms. */
const PATIENCE_MS = 60_000;
/** Refused files that are named. */
const MOST_NAMED = 3;

/** Makes a new session in place of one whose link broke, within so many ms. */
type TakeUp = (error: unknown, patienceMs: number) => Promise<RunnerSession>;

/** The way to an instance as it is at a moment. */
export interface Reach {
  /** null while there is none */
  readonly connection: Connection | null;
  /** the tail of the folders of the try that counts */
  readonly stamp: string;
}

export interface RescueOptions {
  readonly instanceId: string;
  readonly deps: Pick<RunDeps, 'clock' | 'logsDir' | 'stamp' | 'signal'>;
  readonly reach: () => Reach;
  readonly notice: (message: string) => void;
}

/**
 * Brings home what a script has put into its rescue folder: once its instance is about to be taken back, some times while
 * it runs on, and in any case when it has ended.
 */
export class Rescue {
  readonly #options: RescueOptions;
  /** absolute, here */
  readonly #folder: string;
  readonly #stopped = new AbortController();
  readonly #closed = new AbortController();
  #rounds: Promise<void> = Promise.resolve();
  #told = '';

  constructor(options: RescueOptions) {
    this.#options = options;
    this.#folder = `${outputBase(options.deps.logsDir, options.instanceId)}.rescue`;
  }

  /** From now on it is brought home in time. */
  begin(notice: InterruptionNotice): void {
    this.#rounds = this.#everyRound(Date.parse(notice.at));
  }

  /** No further round is begun; one that is under way comes to its end. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#rounds;
  }

  /** Nothing goes on after this. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('closed'));
    await this.stop();
  }

  /**
   * When the script has ended. A link that breaks is taken up again for it; a run that was cancelled before may have
   * cleaned up into it.
   * @returns the session that goes on, and why it is not all here, or null
   */
  async atEnd(first: RunnerSession, takeUp: TakeUp): Promise<{ session: RunnerSession; failure: string | null }> {
    const { clock, signal } = this.#options.deps;
    const until = signal.aborted ? this.#closed.signal : signal;
    const giveUpAt = clock.now() + PATIENCE_MS;
    for (let session = first; ;) {
      try {
        await this.#bring(this.#options.reach(), until);
        return { session, failure: null };
      } catch (error) {
        if (!isLinkLoss(error) || clock.now() > giveUpAt) return { session, failure: wordsOf(error) };
        const next = await takeUp(error, giveUpAt - clock.now()).catch((last: unknown) => last);
        if (!(next instanceof RunnerSession)) return { session, failure: wordsOf(next) };
        session = next;
      }
    }
  }

  /**
   * All of it.
   * @throws what kept it from that; what is whole by then is here
   */
  async #bring({ connection, stamp }: Reach, signal: AbortSignal): Promise<void> {
    const { deps } = this.#options;
    if (connection === null) throw new LinkLostError('there is no connection');
    const workplace = await openWorkplace(deps.logsDir, deps.clock.now());
    try {
      const haul = new Haul({
        pattern: parsePattern('**'),
        folder: this.#folder,
        silenceMs: SILENCE_MS,
        maxBytes: Number.MAX_SAFE_INTEGER,
        force: true,
        workplace: workplace.path,
        nonce: deps.stamp,
      });
      await haul.over(connection, remotePaths(stamp).rescue, signal);
      if (haul.refusals.length > 0) throw new Error(describeRefusals(haul.refusals));
    } finally {
      await workplace.remove();
    }
  }

  /** What is here of it, or null. */
  async result(): Promise<RescueFolder | null> {
    const bytes = await sizeOf(this.#folder);
    return bytes === null ? null : { path: this.#folder, bytes };
  }

  async #everyRound(endsAt: number): Promise<void> {
    const { clock } = this.#options.deps;
    const times = LEADS_MS.map((lead) => endsAt - lead);
    const late = times.filter((time) => time <= clock.now()).slice(-1);
    for (const time of [...late, ...times.filter((each) => !late.includes(each) && each > clock.now())]) {
      await pause(Math.max(0, time - clock.now()), this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      await this.#round(endsAt);
    }
  }

  /** A link that breaks is taken up elsewhere, and what else went wrong is said again at the end. */
  async #round(endsAt: number): Promise<void> {
    const { deps, reach } = this.#options;
    const leftMs = Math.max(1000, endsAt - deps.clock.now());
    try {
      await withDeadline(this.#closed.signal, leftMs, ({ signal }) => this.#bring(reach(), signal));
    } catch (error) {
      if (isLinkLoss(error) || this.#closed.signal.aborted) return;
      this.#say(`not all of the rescue folder has been brought home: ${wordsOf(error)}`);
    }
    const here = await this.result();
    if (here !== null) this.#say(`brought home from the rescue folder: ${formatBytes(here.bytes)}`);
  }

  #say(message: string): void {
    if (message !== this.#told) this.#options.notice(message);
    this.#told = message;
  }
}

function describeRefusals(refusals: readonly { readonly path: string; readonly message: string }[]): string {
  const named = refusals
    .slice(0, MOST_NAMED)
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  const more = refusals.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Of the files in a folder, bytes, or null where there is none. */
async function sizeOf(folder: string): Promise<number | null> {
  let sum: number | null = null;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const bytes = entry.isDirectory() ? await sizeOf(path) : (await lstat(path)).size;
    if (bytes !== null) sum = (sum ?? 0) + bytes;
  }
  return sum;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
