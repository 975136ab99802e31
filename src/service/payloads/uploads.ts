import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PayloadReference } from '../../model/deployment.ts';
import { configError, SpotError } from '../../model/errors.ts';
import type { Manifest } from '../../model/payload.ts';
import { type ArchiveFile, UNFINISHED_PREFIX } from '../../payload/archive-file.ts';
import { nameOfEntry } from '../../payload/environment.ts';
import { readForeignArchive } from '../../payload/foreign-archive.ts';
import { checkPayloadName } from '../../payload/payload-name.ts';
import { readPayload } from '../../payload/read-payload.ts';
import { registerPayload } from '../../payload/register.ts';
import type { PayloadStore } from '../../payload/store.ts';
import { checkVariableName } from '../../run/variable-name.ts';
import type { PayloadTable } from '../../state/payloads.ts';
import type { Clock } from '../../util/clock.ts';
import { reasonOf } from '../../util/system-error.ts';
import { refusal } from './refusal.ts';

/** Archives that clients have packed themselves. */
export interface PayloadUploads {
  /**
   * Takes an archive as its bytes come, and makes it the active version of the name in its manifest. What is refused, or
   * ends too early, leaves nothing behind; an archive that is there already is the version that it was.
   * @throws SpotError (exit 66) `payload-too-large`, `upload-broken`, `upload-invalid`; (exit 78) `archive-not-written`
   */
  accept(content: AsyncIterable<Buffer>): Promise<PayloadReference>;
}

export interface UploadOptions {
  readonly table: PayloadTable;
  readonly store: PayloadStore;
  /** versions of a name that are kept, 1 or more */
  readonly keep: number;
  /** of an archive */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** An archive may unpack to so many times the bytes that it may have itself: more than files of text need. */
const UNPACKED_FACTOR = 16;

export function createUploads(options: UploadOptions): PayloadUploads {
  return { accept: (content) => accept(content, options) };
}

async function accept(content: AsyncIterable<Buffer>, options: UploadOptions): Promise<PayloadReference> {
  const { table, store, keep, clock, maxBytes } = options;
  const unfinished = join(store.folder, `${UNFINISHED_PREFIX}${randomUUID()}`);
  try {
    await store.tidy(clock.now());
    const { digest, sizeBytes } = await receive(content, unfinished, options);
    await requireTrusted(unfinished, maxBytes * UNPACKED_FACTOR);
    const path = store.archiveOf(digest);
    await rename(unfinished, path);
    const payload = await readPayload({ path, digest, sizeBytes });
    const { record } = await registerPayload(payload, { table, store, keep, now: clock.now() });
    return { name: record.name, version: record.version, digest };
  } finally {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/** Writes what comes to a file; never more than is allowed. */
async function receive(
  content: AsyncIterable<Buffer>,
  path: string,
  { store, maxBytes }: UploadOptions,
): Promise<Pick<ArchiveFile, 'digest' | 'sizeBytes'>> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await create(path, store.folder);
  try {
    for await (const block of whole(content)) {
      sizeBytes += block.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(block);
      await handle.writeFile(block).catch((error: unknown) => {
        throw notWritten(store.folder, error);
      });
    }
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

async function create(path: string, folder: string): Promise<FileHandle> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw notWritten(folder, error);
  }
}

/** Whatever breaks the stream: who sends it has gone, or was too slow. */
async function* whole(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof SpotError) throw error;
    throw refusal('upload-broken', 'the upload has ended too early; send the archive again', error);
  }
}

async function requireTrusted(path: string, maxBytes: number): Promise<void> {
  try {
    requireNames(await readForeignArchive(path, maxBytes));
  } catch (error) {
    const message = `the archive that was uploaded is refused: ${reasonOf(error)}; send one that spot has packed, as it is`;
    throw refusal('upload-invalid', message, error);
  }
}

/** @throws SpotError where a name would not be taken on the command line */
function requireNames({ metadata, environment }: Manifest): void {
  checkPayloadName(metadata.name);
  const names = environment.map((entry) => checkVariableName(nameOfEntry(entry), 'its manifest'));
  if (new Set(names).size < names.length) throw new Error('its manifest names a variable twice');
  if (environment.some((entry) => entry.includes('\0'))) throw new Error('a value in its manifest has a NUL in it');
}

function tooLarge(maxBytes: number): SpotError {
  const message = `the archive has more than the ${maxBytes} bytes that service.upload_max_size allows; send less, or raise it`;
  return refusal('payload-too-large', message);
}

function notWritten(folder: string, cause: unknown): SpotError {
  const message = `the upload cannot be written to ${folder}: ${reasonOf(cause)}; make room, or choose another state_dir`;
  return configError('archive-not-written', message, cause);
}
