import { messageOf, type Problem, SpotError } from '../model/errors.ts';
import { labelOf } from '../model/instance.ts';
import type { Target } from '../model/plan.ts';
import { type Base, listProgram, sendCommand } from '../remote/fetch/program.ts';
import { programOnStdin } from '../remote/program-on-stdin.ts';
import { type Channel, ConnectError, type Connection, LinkLostError, type Transport } from '../transport/transport.ts';
import { backOff } from '../util/back-off.ts';
import { DeadlineError, withDeadline } from '../util/deadline.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import { CancelledError } from './explain.ts';
import { Destination } from './fetch/destination.ts';
import { Incomplete, type Listing, readListing, type RemoteEntry } from './fetch/listing.ts';
import type { RemotePattern } from './fetch/pattern.ts';
import { FetchRejected, type Refusal } from './fetch/problem.ts';
import { DIFFERS, type Fetched, receive } from './fetch/receive.ts';
import type { Wanted } from './fetch/requests.ts';
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
  readonly #destination: Destination;
  readonly #fetched = new Map<string, Fetched>();
  /** of the last try */
  #refusals: Refusal[] = [];
  #matches = 0;
  #pinnedKey: string | null;

  constructor(source: FetchSource, deps: FetchDeps) {
    this.#source = source;
    this.#deps = deps;
    this.#destination = new Destination(source.folder);
    this.#pinnedKey = source.target.instance.hostKey;
  }

  resultOf(error: unknown): FetchResult {
    const kind = this.#matches > 0 ? 'fetched' : 'nothing';
    const end: FetchEnd = error === null ? { kind } : explainFetch(error);
    return { end, fetched: [...this.#fetched.values()], refusals: this.#refusals };
  }

  /** @throws what kept it from the end */
  async once(): Promise<void> {
    this.#refusals = [];
    const base = this.#base();
    const connection = await this.#connect();
    try {
      const listing = await this.#list(connection, base);
      this.#refusals.push(...listing.refusals);
      this.#matches = listing.entries.length + listing.refusals.filter(({ path }) => path !== '').length;
      const apart = await this.#receive(connection, await this.#choose(listing), true);
      await this.#receive(connection, apart, false);
    } catch (error) {
      throw await reasonOfEnd(error, connection);
    } finally {
      await connection.close();
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

  async #connect(): Promise<Connection> {
    const { transport, connectTimeoutMs: timeoutMs, signal, pin } = this.#deps;
    const { instance, host } = this.#source.target;
    const { instanceId } = instance;
    const pinnedKey = this.#pinnedKey;
    const label = labelOf(instance);
    const connection = await transport.connect({ instanceId, label, host, pinnedKey, timeoutMs, signal });
    if (pinnedKey === null) pin(instanceId, (this.#pinnedKey = connection.hostKey));
    return connection;
  }

  async #list(connection: Connection, base: Base): Promise<Listing> {
    const { pattern, silenceMs, signal } = this.#deps;
    const nonce = this.#deps.nonce();
    const channel = await this.#exec(connection, programOnStdin(nonce));
    channel.stderr.resume();
    channel.stdin.end(listProgram(nonce, base, pattern.segments));
    try {
      return await readListing(channel.stdout, { pattern, nonce, files: base }, { silenceMs, signal });
    } finally {
      channel.close();
    }
  }

  async #exec(connection: Connection, command: string): Promise<Channel> {
    const { silenceMs, signal } = this.#deps;
    return withDeadline(signal, silenceMs, (deadline) => deadline.race(connection.exec(command)));
  }

  /** Makes the folders, and finds out what has to be asked for. */
  async #choose({ entries }: Listing): Promise<Wanted[]> {
    const wanted: Wanted[] = [];
    const folders: RemoteEntry[] = [];
    for (const entry of entries) {
      const standing = await this.#destination.look(entry);
      const refuse = (code: string, message: string): void => {
        this.#refusals.push({ path: entry.path, code, message });
      };
      if (standing.state === 'blocked') refuse(standing.code, standing.message);
      else if (entry.kind === 'folder') folders.push(entry);
      else if (standing.state === 'other' && entry.kind === 'file' && !this.#deps.force) refuse(...DIFFERS);
      else wanted.push({ entry, mine: standing.state === 'candidate' ? standing.sha256 : null });
    }
    this.#holdLimit(wanted);
    for (const { path, mode } of folders) await this.#destination.makeFolder(path, mode);
    return wanted;
  }

  /** What is here in the same size is sent with `--force` alone. */
  #holdLimit(wanted: readonly Wanted[]): void {
    const { maxBytes, force } = this.#deps;
    const bytes = wanted.reduce((sum, { entry, mine }) => (mine === null || force ? sum + entry.sizeBytes : sum), 0);
    if (bytes <= maxBytes) return;
    const message = `it would be ${formatBytes(bytes)}, and --max-bytes allows ${formatBytes(maxBytes)}; allow more, or fetch less`;
    throw new FetchRejected('too-many-bytes', message);
  }

  /** @returns what is still wanted, one by one */
  async #receive(connection: Connection, wanted: readonly Wanted[], together: boolean): Promise<readonly Wanted[]> {
    if (wanted.length === 0) return [];
    const { silenceMs, signal, workplace, force } = this.#deps;
    const nonce = this.#deps.nonce();
    const channel = await this.#exec(connection, sendCommand(nonce));
    try {
      return await receive(channel, {
        nonce,
        wanted,
        together,
        destination: this.#destination,
        workplace,
        force,
        patience: { silenceMs, signal },
        // what an earlier try has brought is the same now, and was fetched nevertheless
        onFetched: (one) => this.#fetched.has(one.path) || this.#fetched.set(one.path, one),
        onRefused: (refusal) => this.#refusals.push(refusal),
      });
    } finally {
      channel.close();
    }
  }
}

/** A channel that went with its link does not know why; the link does, which ssh2 closes before its channels. */
async function reasonOfEnd(error: unknown, connection: Connection): Promise<unknown> {
  if (!(error instanceof Incomplete)) return error;
  return (await Promise.race([connection.closed, Promise.resolve(null)])) ?? error;
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
