import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sendProgram } from '../../remote/fetch/program.ts';
import type { Channel } from '../../transport/transport.ts';
import { reasonOf } from '../../util/system-error.ts';
import { ByteReader, type Patience } from './byte-reader.ts';
import { type Destination, staysInside } from './destination.ts';
import { Incomplete, type RemoteEntry } from './listing.ts';
import { FetchRejected, type Refusal } from './problem.ts';
import { planRequests, type Request, textOf, type Wanted } from './requests.ts';

/** One that is here now. */
export interface Fetched {
  /** below the instance's folder */
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly sizeBytes: number;
  /** hex; null for a link */
  readonly sha256: string | null;
  /** it was here before and is the same: nothing was sent */
  readonly same: boolean;
}

export interface ReceiveOptions {
  readonly nonce: string;
  readonly wanted: readonly Wanted[];
  /** small files are asked for in bundles */
  readonly together: boolean;
  readonly destination: Destination;
  /** an own folder for what is under way, on the file system of the destination */
  readonly workplace: string;
  /** replaces what is here and differs */
  readonly force: boolean;
  readonly patience: Patience;
  readonly onFetched: (fetched: Fetched) => void;
  readonly onRefused: (refusal: Refusal) => void;
}

/** Requests are written in pieces of about this size. */
const PIECE_BYTES = 16 * 1024;
const LONGEST_GREETING = 1024 * 1024;
/** A digest, and a path that does not matter. */
const LONGEST_ANSWER = 8192;
const LONGEST_LINK = 4096;
const NEW_LINE = Buffer.from('\n');
const NUL = Buffer.from('\0');
const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Asks for files and links over a channel that runs `sendCommand`, and puts each in its place as soon as it is whole and
 * has its digest. The answers come in the order of the requests, and no name in them is looked at: a host has no say in
 * where its bytes go.
 * @returns those of bundles that are to be asked for one by one
 * @throws FetchRejected; DeadlineError or the signal's reason; `Incomplete` where answers are missing
 */
export async function receive(channel: Channel, options: ReceiveOptions): Promise<Wanted[]> {
  const { nonce, wanted, together, force, patience } = options;
  const requests = planRequests(wanted, together);
  const reader = new ByteReader(channel.stdout, patience);
  channel.stderr.resume();
  const asking = ask(channel, requests, force);
  // where it fails the answers stop coming, and that is told below
  asking.catch(() => undefined);
  await reader.until(Buffer.from(`SPOT1 ${nonce}\n`), LONGEST_GREETING);
  const receiver = new Receiver(reader, options);
  for (const request of requests) await receiver.take(request);
  await asking;
  return receiver.apart;
}

/** Says all that is wanted, no faster than it is read over there. */
async function ask({ stdin, exit }: Channel, requests: readonly Request[], force: boolean): Promise<void> {
  let piece = sendProgram();
  const write = async (): Promise<void> => {
    if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain'), exit]);
    piece = '';
  };
  for (const request of requests) {
    piece += textOf(request, force);
    if (piece.length > PIECE_BYTES) await write();
  }
  await write();
  stdin.end();
}

/** The first words of answers that bring nothing. */
const REFUSALS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  gone: ['gone', 'was there a moment ago, and is no such file any more'],
  denied: ['not-readable', 'may not be read by this user'],
  unsized: ['no-size', 'says that it is empty and is not: it has just grown, or is no file on a disk'],
};

/** Reads the answers. */
class Receiver {
  /** of bundles, to be asked for one by one */
  readonly apart: Wanted[] = [];
  readonly #reader: ByteReader;
  readonly #options: ReceiveOptions;

  constructor(reader: ByteReader, options: ReceiveOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async take(request: Request): Promise<void> {
    if (request.kind === 'bundle') await this.#takeBundle(request.all, request.withContents);
    else await this.#takeOne(request.wanted);
  }

  async #takeOne({ entry, mine }: Wanted): Promise<void> {
    const [word = '', digest = ''] = (await this.#line()).split(' ');
    const refusal = REFUSALS[word];
    if (refusal !== undefined) return this.#refuse(entry, ...refusal);
    if (entry.kind === 'link' && word === 'link') return this.#takeLink(entry);
    if (entry.kind === 'file' && word === 'data' && DIGEST.test(digest)) {
      if (!(await this.#takeFile(entry, digest))) this.#refuse(entry, ...CHANGED);
      return;
    }
    if (mine !== null && word === 'same') return this.#tell(entry, mine, true);
    if (mine !== null && word === 'differs') return this.#refuse(entry, ...DIFFERS);
    throw nonsense();
  }

  /** Where one has changed its size meanwhile, the contents behind it do not have their digests either. */
  async #takeBundle(all: readonly Wanted[], withContents: boolean): Promise<void> {
    const word = await this.#line();
    if (word === 'apart') {
      this.apart.push(...all);
      return;
    }
    if (word !== 'bundle') throw nonsense();
    const digests: string[] = [];
    while (digests.length < all.length) digests.push((await this.#line()).slice(0, 64));
    if (!digests.every((digest) => DIGEST.test(digest))) throw nonsense();
    for (const [index, wanted] of all.entries()) {
      const { entry, mine } = wanted;
      const digest = digests[index] as string;
      const isHere = withContents ? await this.#takeFile(entry, digest) : digest === mine;
      if (!isHere) this.apart.push(wanted);
      else if (!withContents) this.#tell(entry, digest, true);
    }
  }

  async #line(): Promise<string> {
    const { bytes, ended } = await this.#reader.until(NEW_LINE, LONGEST_ANSWER);
    if (ended) throw new Incomplete();
    return bytes.toString('latin1');
  }

  /** @returns false where what came has another digest: it is not kept */
  async #takeFile(entry: RemoteEntry, digest: string): Promise<boolean> {
    const { workplace, destination } = this.#options;
    const temporary = join(workplace, randomUUID());
    try {
      if ((await this.#receive(entry, temporary)) !== digest) return false;
      await destination.placeFile(entry.path, temporary);
      this.#tell(entry, digest, false);
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** @returns the SHA-256 of what came, hex */
  async #receive({ sizeBytes, mode }: RemoteEntry, path: string): Promise<string> {
    const hash = createHash('sha256');
    let came = 0;
    const file = await written(path, () => open(path, 'wx', mode | 0o600));
    try {
      for await (const chunk of this.#reader.take(sizeBytes)) {
        came += chunk.byteLength;
        hash.update(chunk);
        await written(path, () => writeAll(file, chunk));
      }
    } finally {
      await file.close();
    }
    if (came < sizeBytes) throw new Incomplete();
    return hash.digest('hex');
  }

  async #takeLink(entry: RemoteEntry): Promise<void> {
    const { bytes, ended } = await this.#reader.until(NUL, LONGEST_LINK);
    if (ended) throw new Incomplete();
    const target = bytes.toString();
    if (!staysInside(entry.path, target) || !Buffer.from(target).equals(bytes)) {
      return this.#refuse(entry, 'link-outside', `is a link that may lead outside: ${target}`);
    }
    const { destination, workplace, force } = this.#options;
    const done = await destination.placeLink(entry.path, target, join(workplace, randomUUID()), force);
    if (done === 'differs') this.#refuse(entry, ...DIFFERS);
    else this.#tell(entry, null, done === 'same');
  }

  #tell({ path, kind, sizeBytes }: RemoteEntry, sha256: string | null, same: boolean): void {
    if (kind === 'folder') return;
    this.#options.onFetched({ path, kind, sizeBytes: kind === 'file' ? sizeBytes : 0, sha256, same });
  }

  #refuse({ path }: RemoteEntry, code: string, message: string): void {
    this.#options.onRefused({ path, code, message });
  }
}

/** Of what is here and is not what is there. */
export const DIFFERS = ['differs', 'is here already, and differs; replace it with --force'] as const;
const CHANGED = ['digest-mismatch', 'came with another SHA-256 than it had there: it was changed meanwhile'] as const;

function nonsense(): FetchRejected {
  return new FetchRejected('bad-answer', 'the instance answers what makes no sense; look at what it runs');
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten;
}

async function written<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new FetchRejected('not-written', `${path} cannot be written (${reasonOf(error)})`, error);
  }
}
