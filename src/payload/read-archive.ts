import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { requirePlainExtension, requirePlainHeader } from './plain-header.ts';
import { BLOCK_BYTES } from './read-blocks.ts';
import { paddingAfter, RECORD_BYTES } from './tar-entry.ts';

/** One entry of an archive. */
export interface ArchiveEntry {
  readonly type: 'file' | 'directory' | 'link' | 'other';
  /** inside the archive, without a slash at the end */
  readonly path: string;
  /** permission bits */
  readonly mode: number;
  /** of the content, bytes */
  readonly sizeBytes: number;
  /** of a link, else '' */
  readonly target: string;
  /** read it before the next entry, or not at all */
  readonly content: AsyncIterable<Buffer>;
}

/** For an archive that somebody else may have made. */
export interface Distrust {
  /** that it may have unpacked */
  readonly maxBytes: number;
}

/** Two paths of 4,096 bytes, and some numbers. */
const MAX_EXTENSION_BYTES = 16 * 1024;

/**
 * Reads a packed archive entry by entry, and to its very end, as gzip's own checksum stands there. (Not with the tar
 * package's parser: it decodes the pieces of a long name one by one, which breaks a character that is cut in two.)
 * @param distrust with it, whatever other programs could read in another way is refused, too
 * @throws Error of the system, or one that says what is wrong with the archive
 */
export async function* readArchive(path: string, distrust: Distrust | null = null): AsyncGenerator<ArchiveEntry> {
  const source = new ByteSource(unzipped(path), distrust?.maxBytes ?? Number.POSITIVE_INFINITY);
  try {
    let extension: Pax | undefined;
    for (;;) {
      const record = await source.take(RECORD_BYTES);
      const header = new Header(record);
      if (header.nullBlock) break;
      if (!header.cksumValid) throw new Error('a header is damaged');
      if (distrust !== null) requirePlainHeader(record, header);
      if (header.type === 'ExtendedHeader') {
        if (extension !== undefined) throw new Error('an extended header follows another one');
        extension = await readExtension(source, header.size ?? 0, distrust !== null);
        continue;
      }
      const size = extension?.size ?? header.size ?? 0;
      const content = source.piecesOf(size);
      yield { ...describe(header, extension), sizeBytes: size, content };
      await exhaust(content);
      await source.skip(paddingAfter(size).length);
      extension = undefined;
    }
    await source.drain(distrust !== null);
  } finally {
    await source.close();
  }
}

async function readExtension(source: ByteSource, size: number, isDistrusted: boolean): Promise<Pax> {
  if (size > MAX_EXTENSION_BYTES) throw new Error('an extended header is too long');
  const content = await source.take(size);
  if (isDistrusted) requirePlainExtension(content);
  await source.skip(paddingAfter(size).length);
  return Pax.parse(content.toString('utf8'));
}

const TYPES: Readonly<Partial<Record<Header['type'], ArchiveEntry['type']>>> = {
  File: 'file',
  Directory: 'directory',
  SymbolicLink: 'link',
};

function describe(header: Header, extension?: Pax): Pick<ArchiveEntry, 'type' | 'path' | 'mode' | 'target'> {
  const type = TYPES[header.type] ?? 'other';
  return {
    type,
    path: (extension?.path ?? header.path ?? '').replace(/\/$/, ''),
    mode: (header.mode ?? 0) & 0o777,
    target: type === 'link' ? (extension?.linkpath ?? header.linkpath ?? '') : '',
  };
}

async function* unzipped(path: string): AsyncGenerator<Buffer, undefined> {
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  const fed = pipeline(createReadStream(path, { highWaterMark: BLOCK_BYTES }), gunzip).catch(() => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } finally {
    gunzip.destroy();
    await fed;
  }
}

async function exhaust(pieces: AsyncIterable<Buffer>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

/** Bytes by number, out of blocks of any size. */
class ByteSource {
  readonly #blocks: AsyncGenerator<Buffer, undefined>;
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #readBytes = 0;

  constructor(blocks: AsyncGenerator<Buffer, undefined>, maxBytes: number) {
    this.#blocks = blocks;
    this.#maxBytes = maxBytes;
  }

  async take(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.piecesOf(count)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async skip(count: number): Promise<void> {
    await exhaust(this.piecesOf(count));
  }

  /** So many bytes in pieces, as they come. Left in the middle and asked again, it goes on. */
  piecesOf(count: number): AsyncIterable<Buffer> {
    let left = count;
    const next = async (): Promise<IteratorResult<Buffer, undefined>> => {
      if (left === 0) return { done: true, value: undefined };
      if (this.#rest.length === 0) this.#rest = await this.#nextBlock();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      return { done: false, value: piece };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  /** @param toZeros whether nothing else may follow */
  async drain(toZeros: boolean): Promise<void> {
    for (let block: Buffer | null = this.#rest; block !== null; block = await this.#blockOrEnd()) {
      if (toZeros && block.some((byte) => byte !== 0)) throw new Error('something follows its end');
    }
  }

  async close(): Promise<void> {
    await this.#blocks.return(undefined);
  }

  async #nextBlock(): Promise<Buffer> {
    const block = await this.#blockOrEnd();
    if (block === null) throw new Error('it ends too early');
    return block;
  }

  async #blockOrEnd(): Promise<Buffer | null> {
    const { value } = await this.#blocks.next();
    if (value === undefined) return null;
    this.#readBytes += value.length;
    if (this.#readBytes > this.#maxBytes) throw new Error(`it has more than ${this.#maxBytes} bytes unpacked`);
    return value;
  }
}
