import type { Readable } from 'node:stream';
import { ByteReader, type Patience } from './byte-reader.ts';
import type { RemotePattern } from './pattern.ts';
import { FetchRejected, type Refusal } from './problem.ts';

/** Something on an instance that matches, or lies in a folder that does. */
export interface RemoteEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** below the pattern's base; checked: no part of it is empty, `.` or `..` */
  readonly path: string;
  /** the whole path on the instance */
  readonly remotePath: string;
  readonly sizeBytes: number;
  /** permission bits */
  readonly mode: number;
}

export interface Listing {
  /** a folder comes before what is in it; no path twice */
  readonly entries: readonly RemoteEntry[];
  readonly refusals: readonly Refusal[];
}

/** More is no result any more, and all of it is kept in memory. */
const MOST_ENTRIES = 100_000;
const MOST_NAME_BYTES = 16 * 1024 * 1024;
/** What a login shell may say first, and one record, bytes. */
const LONGEST_GREETING = 1024 * 1024;
const LONGEST_RECORD = 256 * 1024;

const FILE_TYPE = 0o170000;
const KINDS: ReadonlyMap<number, RemoteEntry['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);
const REFUSED_KINDS: ReadonlyMap<number, string> = new Map([
  [0o010000, 'a named pipe'],
  [0o020000, 'a device'],
  [0o060000, 'a device'],
  [0o140000, 'a socket'],
]);

/**
 * Reads what an instance has found, and checks each word of it: the instance may be anybody's by now.
 * @param files DEPLOY_FILES_DIR, for messages
 * @throws FetchRejected for what no honest instance says, and for too much; DeadlineError or the signal's reason; `Incomplete` where the end is missing
 */
export async function readListing(
  stdout: Readable,
  { pattern, nonce, files }: { readonly pattern: RemotePattern; readonly nonce: string; readonly files: string },
  patience: Patience,
): Promise<Listing> {
  const reader = new ByteReader(stdout, patience);
  const collector = new Collector(pattern, files);
  // the line break stays: it is the one in front of the first record
  const greeting = await reader.until(Buffer.from(`SPOT1 ${nonce}`), LONGEST_GREETING);
  const separator = Buffer.from(`\n${nonce} `);
  await reader.until(separator, LONGEST_RECORD);
  for (let ended = greeting.ended; !ended;) {
    const record = await reader.until(separator, LONGEST_RECORD);
    if (record.ended && record.bytes.toString() === 'done\n') return collector.listing;
    ended = record.ended;
    if (!ended) collector.add(record.bytes);
  }
  throw new Incomplete();
}

/** The channel ended before its time: the reason is to be asked for elsewhere. */
export class Incomplete extends Error {
  override readonly name = 'Incomplete';

  constructor() {
    super('the instance gave no complete answer');
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Makes entries of records. */
class Collector {
  readonly #pattern: RemotePattern;
  readonly #files: string;
  readonly #entries = new Map<string, RemoteEntry>();
  readonly #refusals: Refusal[] = [];
  #base: string | null = null;
  #records = 0;
  #bytes = 0;

  constructor(pattern: RemotePattern, files: string) {
    this.#pattern = pattern;
    this.#files = files;
  }

  get listing(): Listing {
    return { entries: [...this.#entries.values()], refusals: this.#refusals };
  }

  add(record: Buffer): void {
    this.#count(record.byteLength);
    const [word, rest] = splitWord(record);
    switch (word) {
      case 'base':
        this.#base ??= rest.toString();
        break;
      case 'refused':
        throw refused(rest.toString(), this.#files);
      case 'problem':
        for (const line of rest.toString().split('\n')) this.#refuse('', 'not-readable', line);
        break;
      default:
        this.#addEntry(Number.parseInt(word, 16), ...splitWord(rest));
    }
  }

  #count(bytes: number): void {
    this.#records += 1;
    this.#bytes += bytes;
    if (this.#records <= MOST_ENTRIES && this.#bytes <= MOST_NAME_BYTES) return;
    const message = `'${this.#pattern.text}' means more than ${MOST_ENTRIES} files, or too many long names; fetch them in parts, or pack them on the instance`;
    throw new FetchRejected('too-many-files', message);
  }

  #addEntry(mode: number, size: string, name: Buffer): void {
    if (!Number.isInteger(mode) || !/^\d{1,15}$/.test(size)) throw new Incomplete();
    const whole = decode(name);
    const path = this.#below(whole ?? name.toString());
    if (path === '' || this.#entries.has(path) || !this.#pattern.matches(path)) return;
    if (whole === null) return this.#refuse(path, 'bad-name', 'its name is not UTF-8; rename it, or pack its folder');
    const kind = KINDS.get(mode & FILE_TYPE);
    if (kind === undefined) {
      const what = REFUSED_KINDS.get(mode & FILE_TYPE) ?? 'no file';
      return this.#refuse(path, 'no-file', `is ${what}; only files, folders and links are fetched`);
    }
    this.#entries.set(path, { kind, path, remotePath: whole, sizeBytes: Number(size), mode: mode & 0o777 });
  }

  /** A path that does not lie below the base is no mistake but an attack: it would lead out of the instance's folder. */
  #below(path: string): string {
    const base = this.#base;
    if (path === base) return '';
    const below = base !== null && path.startsWith(`${base}/`) ? path.slice(base.length + 1) : '..';
    if (below.split('/').every((part) => part !== '' && part !== '.' && part !== '..')) return below;
    throw new FetchRejected('bad-path', `the instance offers '${path}', which leads elsewhere; look at what it runs`);
  }

  #refuse(path: string, code: string, message: string): void {
    this.#refusals.push({ path, code, message });
  }
}

function splitWord(bytes: Buffer): [string, Buffer] {
  const at = bytes.indexOf(0x20);
  return at === -1
    ? [bytes.toString('latin1'), Buffer.alloc(0)]
    : [bytes.toString('latin1', 0, at), bytes.subarray(at + 1)];
}

function decode(bytes: Buffer): string | null {
  try {
    const text = UTF8.decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function refused(words: string, files: string): FetchRejected {
  const [why, word = ''] = words.split(' ');
  switch (why) {
    case 'no-folder':
      return new FetchRejected(
        'no-files-folder',
        `${files} is not there any more, as a later success of the same script removes it, or it is another user's (--sudo); give a whole path`,
      );
    case 'no-tool':
      return new FetchRejected('no-such-tool', `there is no ${word} on the instance, which fetching needs`);
    default:
      return new FetchRejected('no-home', 'the home of the user is not there; give a whole path');
  }
}
