import type { Channel, Connection } from '../../transport/transport.ts';
import { type Base, listProgram, sendCommand } from '../../remote/fetch/program.ts';
import { programOnStdin } from '../../remote/program-on-stdin.ts';
import { withDeadline } from '../../util/deadline.ts';
import { formatBytes } from '../../util/format.ts';
import { Destination } from './destination.ts';
import { Incomplete, type Listing, readListing, type RemoteEntry } from './listing.ts';
import type { RemotePattern } from './pattern.ts';
import { FetchRejected, type Refusal } from './problem.ts';
import { DIFFERS, type Fetched, receive } from './receive.ts';
import type { Wanted } from './requests.ts';

export interface HaulOptions {
  readonly pattern: RemotePattern;
  /** absolute; made when there is something to put in */
  readonly folder: string;
  /** how long an instance may send nothing, ms */
  readonly silenceMs: number;
  /** more is not begun with */
  readonly maxBytes: number;
  /** replaces what is here and differs */
  readonly force: boolean;
  /** an own folder on the file system of `folder` */
  readonly workplace: string;
  /** a word that nobody else says, another one each time */
  readonly nonce: () => string;
}

/** Brings home from one instance what a pattern means, over as many connections as it takes. */
export class Haul {
  readonly #options: HaulOptions;
  readonly #destination: Destination;
  readonly #fetched = new Map<string, Fetched>();
  /** of the last connection */
  #refusals: Refusal[] = [];
  #matches = 0;

  constructor(options: HaulOptions) {
    this.#options = options;
    this.#destination = new Destination(options.folder);
  }

  get fetched(): readonly Fetched[] {
    return [...this.#fetched.values()];
  }

  /** what was found and did not come, of the last connection */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** how many files, folders and links the pattern means */
  get matches(): number {
    return this.#matches;
  }

  /**
   * What is whole by now, and is the same over there, is not sent again.
   * @param base what the pattern begins at
   * @throws what kept it from the end
   */
  async over(connection: Connection, base: Base, signal: AbortSignal): Promise<void> {
    this.#refusals = [];
    const pass = new Pass(connection, signal, this.#options);
    try {
      const listing = await pass.list(base);
      this.#refusals.push(...listing.refusals);
      this.#matches = listing.entries.length + listing.refusals.filter(({ path }) => path !== '').length;
      const apart = await this.#receive(pass, await this.#choose(listing), true);
      await this.#receive(pass, apart, false);
    } catch (error) {
      throw await reasonOfEnd(error, connection);
    }
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
      else if (standing.state === 'other' && entry.kind === 'file' && !this.#options.force) refuse(...DIFFERS);
      else wanted.push({ entry, mine: standing.state === 'candidate' ? standing.sha256 : null });
    }
    this.#holdLimit(wanted);
    for (const { path, mode } of folders) await this.#destination.makeFolder(path, mode);
    return wanted;
  }

  /** What is here in the same size is sent with `force` alone. */
  #holdLimit(wanted: readonly Wanted[]): void {
    const { maxBytes, force } = this.#options;
    const bytes = wanted.reduce((sum, { entry, mine }) => (mine === null || force ? sum + entry.sizeBytes : sum), 0);
    if (bytes <= maxBytes) return;
    const message = `it would be ${formatBytes(bytes)}, and --max-bytes allows ${formatBytes(maxBytes)}; allow more, or fetch less`;
    throw new FetchRejected('too-many-bytes', message);
  }

  /** @returns what is still wanted, one by one */
  async #receive(pass: Pass, wanted: readonly Wanted[], together: boolean): Promise<readonly Wanted[]> {
    if (wanted.length === 0) return [];
    const { workplace, force, nonce } = this.#options;
    return pass.receive(nonce(), {
      wanted,
      together,
      destination: this.#destination,
      workplace,
      force,
      onFetched: (one) => this.#note(one),
      onRefused: (refusal) => this.#refusals.push(refusal),
    });
  }

  /** What an earlier connection has brought is the same now, and was fetched nevertheless. */
  #note(one: Fetched): void {
    const before = this.#fetched.get(one.path);
    this.#fetched.set(one.path, { ...one, same: one.same && (before?.same ?? true) });
  }
}

/** The channels over one connection. */
class Pass {
  readonly #connection: Connection;
  readonly #signal: AbortSignal;
  readonly #options: HaulOptions;

  constructor(connection: Connection, signal: AbortSignal, options: HaulOptions) {
    this.#connection = connection;
    this.#signal = signal;
    this.#options = options;
  }

  async list(base: Base): Promise<Listing> {
    const { pattern } = this.#options;
    const nonce = this.#options.nonce();
    const channel = await this.#exec(programOnStdin(nonce));
    channel.stderr.resume();
    channel.stdin.end(listProgram(nonce, base, pattern.segments));
    try {
      return await readListing(channel.stdout, { pattern, nonce, files: base }, this.#patience);
    } finally {
      channel.close();
    }
  }

  async receive(
    nonce: string,
    options: Omit<Parameters<typeof receive>[1], 'nonce' | 'patience'>,
  ): Promise<readonly Wanted[]> {
    const channel = await this.#exec(sendCommand(nonce));
    try {
      return await receive(channel, { ...options, nonce, patience: this.#patience });
    } finally {
      channel.close();
    }
  }

  get #patience(): { readonly silenceMs: number; readonly signal: AbortSignal } {
    return { silenceMs: this.#options.silenceMs, signal: this.#signal };
  }

  async #exec(command: string): Promise<Channel> {
    const { silenceMs, signal } = this.#patience;
    return withDeadline(signal, silenceMs, (deadline) => deadline.race(this.#connection.exec(command)));
  }
}

/** A channel that went with its link does not know why; the link does, which ssh2 closes before its channels. */
async function reasonOfEnd(error: unknown, connection: Connection): Promise<unknown> {
  if (!(error instanceof Incomplete)) return error;
  return (await Promise.race([connection.closed, Promise.resolve(null)])) ?? error;
}
