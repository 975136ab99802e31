import { on, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { inputError, messageOf, SpotError } from '../model/errors.ts';
import type { ScannedEntry } from './entries.ts';

/** An entry of an archive as it goes by. */
export interface ArchiveEntry {
  /** its path is the one inside the archive, without a slash at the end */
  readonly entry: ScannedEntry;
  /** of a file; what is not read before the next entry is asked for is left out */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Reads an archive that `packPayload` has written, entry by entry; memory does not grow with its size.
 * @throws SpotError (exit 66) `archive-unreadable`
 */
export async function* readArchive(path: string): AsyncGenerator<ArchiveEntry> {
  const parser = new Parser({ strict: true });
  const leaving = new AbortController();
  const entries = on(parser, 'entry', { close: ['end'], signal: leaving.signal });
  const reading = feed(path, parser, leaving.signal).catch((error: unknown) => leaving.abort(error));
  try {
    for await (const [found] of entries as AsyncIterable<[ReadEntry]>) {
      yield { entry: toEntry(found), content: found };
      found.resume();
    }
  } catch (error) {
    throw unreadable(path, leaving.signal.aborted ? leaving.signal.reason : error);
  } finally {
    leaving.abort();
    await reading;
  }
}

async function feed(path: string, parser: Parser, signal: AbortSignal): Promise<void> {
  await pipeline(
    createReadStream(path),
    createGunzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        if (!parser.write(chunk)) await once(parser, 'drain', { signal });
      }
    },
    { signal },
  );
  parser.end();
}

function toEntry({ type, path, mode = 0, size, linkpath = '' }: ReadEntry): ScannedEntry {
  const name = path.replace(/\/$/, '');
  switch (type) {
    case 'File':
      return { type: 'file', path: name, mode, sizeBytes: size };
    case 'Directory':
      return { type: 'directory', path: name, mode };
    case 'SymbolicLink':
      return { type: 'link', path: name, target: linkpath };
    default:
      throw new Error(`${path} is of type ${type}`);
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof SpotError) return error;
  return inputError('archive-unreadable', `the archive ${path} cannot be read: ${messageOf(error)}`, error);
}
