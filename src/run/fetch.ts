import { messageOf, type Problem, SpotError } from '../model/errors.ts';
import type { Target } from '../model/plan.ts';
import type { Base } from '../remote/fetch/program.ts';
import { ConnectError, LinkLostError, type Transport } from '../transport/transport.ts';
import { backOff } from '../util/back-off.ts';
import { DeadlineError } from '../util/deadline.ts';
import { formatDuration } from '../util/format.ts';
import { Dialer } from './dialer.ts';
import { CancelledError } from './explain.ts';
import { Haul } from './fetch/haul.ts';
import type { RemotePattern } from './fetch/pattern.ts';
import { FetchRejected, type Refusal } from './fetch/problem.ts';
import type { Fetched } from './fetch/receive.ts';
import { isPassing } from './retry.ts';

/** One instance of a run, and where its files go. */
export interface FetchSource {
  readonly target: Target;
  /** DEPLOY_FILES_DIR of its attempt, or null where it was never made or is gone */
  readonly remoteDir: string | null;
  /** absolute; made when there is something to put in */
  readonly folder: string;
}

export interface FetchDeps {
  readonly transport: Transport;
  readonly pattern: RemotePattern;
  readonly connectTimeoutMs: number;
  /** how long an instance may send nothing, ms */
  readonly silenceMs: number;
  /** more is not begun with, for each instance */
  readonly maxBytes: number;
  /** further tries where the link breaks; what is whole by then is not sent again */
  readonly retries: number;
  readonly force: boolean;
  /** an own folder on the file system of the destinations */
  readonly workplace: string;
  /** aborted with a `CancelledError` */
  readonly signal: AbortSignal;
  readonly random: () => number;
  /** a word that nobody else says, another one each time */
  readonly nonce: () => string;
  /** told the key of a first contact */
  readonly pin: (instanceId: string, hostKey: string) => void;
  readonly notice: (message: string) => void;
}

/** How it ended with one instance: `fetched` also where everything was here, `nothing` where nothing matches. */
export type FetchEnd =
  | { readonly kind: 'fetched' | 'nothing' }
  | { readonly kind: 'unreachable' | 'rejected' | 'timed-out' | 'cancelled'; readonly error: Problem };

export interface FetchResult {
  readonly end: FetchEnd;
  readonly fetched: readonly Fetched[];
  readonly refusals: readonly Refusal[];
}

/** Brings home from one instance what a pattern means. Never throws: whatever goes wrong is its end. */
export async function fetchFiles(source: FetchSource, deps: FetchDeps): Promise<FetchResult> {
  const fetch = new Fetch(source, deps);
  for (let tries = 1; ; tries += 1) {
    try {
      await fetch.once();
      return fetch.resultOf(null);
    } catch (error) {
      if (tries > deps.retries || !isPassing(error) || deps.signal.aborted) return fetch.resultOf(error);
      deps.notice(`${messageOf(error)}; trying again (${tries} of ${deps.retries})`);
      try {
        await backOff(tries, deps.random, deps.signal);
      } catch (cancelled) {
        return fetch.resultOf(cancelled);
      }
    }
  }
}

/** Over as many connections as it takes. */
class Fetch {
  readonly #source: FetchSource;
  readonly #deps: FetchDeps;
  readonly #haul: Haul;
  readonly #dialer: Dialer;

  constructor(source: FetchSource, deps: FetchDeps) {
    this.#source = source;
    this.#deps = deps;
    this.#haul = new Haul({ ...deps, folder: source.folder });
    this.#dialer = new Dialer(source.target, deps);
  }

  resultOf(error: unknown): FetchResult {
    const { fetched, refusals, matches } = this.#haul;
    const end: FetchEnd = error === null ? { kind: matches > 0 ? 'fetched' : 'nothing' } : explainFetch(error);
    return { end, fetched, refusals };
  }

  /** @throws what kept it from the end */
  async once(): Promise<void> {
    const base = this.#base();
    const { connectTimeoutMs, signal } = this.#deps;
    const connection = await this.#dialer.connect(connectTimeoutMs, signal);
    try {
      await this.#haul.over(connection, base, signal);
    } finally {
      await this.#dialer.close();
    }
  }

  #base(): Base {
    const { pattern } = this.#deps;
    if (pattern.base !== 'files') return pattern.base === 'home' ? '~' : '/';
    const { remoteDir } = this.#source;
    if (remoteDir !== null) return remoteDir;
    const message = 'this run has left no files folder there: it was never made, or was removed; give a whole path';
    throw new FetchRejected('no-files-folder', message);
  }
}

function explainFetch(error: unknown): FetchEnd {
  const message = messageOf(error);
  if (error instanceof CancelledError) return { kind: 'cancelled', error: { code: 'cancelled', message } };
  if (error instanceof ConnectError) return { kind: error.kind, error: error.problem };
  if (error instanceof LinkLostError)
    return { kind: 'unreachable', error: { code: 'link-lost', message: `the connection broke (${message})` } };
  if (error instanceof DeadlineError) {
    const silence = `it sent nothing for ${formatDuration(error.afterMs)}; allow more with --timeout`;
    return { kind: 'timed-out', error: { code: 'silent', message: silence } };
  }
  const isKnown = error instanceof FetchRejected || error instanceof SpotError;
  return { kind: 'rejected', error: { code: isKnown ? error.code : 'no-answer', message } };
}
