import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { configError, messageOf, SpotError } from '../model/errors.ts';
import type { CompressionLevel } from './compression.ts';
import { codeOf } from './file-errors.ts';
import { BLOCK_BYTES } from './read-blocks.ts';

/** The byte of a gzip header that names the operating system, and its value for "unknown" (RFC 1952, 2.3.1). */
const GZIP_SYSTEM_OFFSET = 9;
const GZIP_SYSTEM_UNKNOWN = 255;

/** How an archive is called before it has its name. */
export const UNFINISHED_PREFIX = '.packing-';

/** An archive on disk. */
export interface ArchiveFile {
  /** SHA-256 of the file, hex */
  readonly digest: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Compresses a tar stream into `<outDir>/<digest>.tar.gz` (mode 0600). The name appears at once and complete, or not
 * at all; an archive of the same content is replaced by its equal. The folder is made with mode 0700 if missing.
 * @throws what `content` throws, or SpotError (exit 78) `archive-not-written`
 */
export async function writeArchive(
  outDir: string,
  content: AsyncIterable<Buffer>,
  level: CompressionLevel,
): Promise<ArchiveFile> {
  const unfinished = join(outDir, `${UNFINISHED_PREFIX}${randomUUID()}`);
  try {
    await mkdir(outDir, { recursive: true, mode: 0o700 });
    const { digest, sizeBytes } = await compress(content, level, unfinished);
    const path = join(outDir, `${digest}.tar.gz`);
    await rename(unfinished, path);
    return { digest, path, sizeBytes };
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw writeFailure(outDir, error);
  }
}

/** Puts an error of the file system into words; any other is passed on. */
function writeFailure(outDir: string, error: unknown): unknown {
  if (error instanceof SpotError || codeOf(error) === undefined) return error;
  const message = `the payload cannot be written to ${outDir}: ${messageOf(error)}; make room, or choose another state_dir`;
  return configError('archive-not-written', message, error);
}

async function compress(
  content: AsyncIterable<Buffer>,
  level: CompressionLevel,
  path: string,
): Promise<Pick<ArchiveFile, 'digest' | 'sizeBytes'>> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(
    Readable.from(inEqualBlocks(content)),
    createGzip({ level, chunkSize: BLOCK_BYTES }),
    async function* (compressed: AsyncIterable<Buffer>) {
      for await (const chunk of compressed) {
        if (sizeBytes === 0) chunk[GZIP_SYSTEM_OFFSET] = GZIP_SYSTEM_UNKNOWN;
        sizeBytes += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  return { digest: hash.digest('hex'), sizeBytes };
}

/** Cuts a stream into blocks of one size: what gzip writes depends on the pieces it is fed. */
async function* inEqualBlocks(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  for await (const chunk of content) {
    let taken = 0;
    while (taken < chunk.length) {
      const copied = chunk.copy(block, filled, taken);
      taken += copied;
      filled += copied;
      if (filled < BLOCK_BYTES) continue;
      yield block;
      block = Buffer.allocUnsafe(BLOCK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
