import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { changed, codeOf, unreadable } from './file-errors.ts';

/** Large enough that the cost of a read does not count, small enough that some of them in flight do not either. */
export const BLOCK_BYTES = 256 * 1024;

/**
 * Reads a file from beginning to end, in blocks of `BLOCK_BYTES` and a last shorter one; none for an empty file.
 * @param sizeBytes what the scan found
 * @throws SpotError (exit 66) `file-changed` where the file has another size by now, `files-unreadable`
 */
export async function* readBlocks(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
  const handle = await openFile(path);
  try {
    let position = 0;
    while (position < sizeBytes) {
      const block = await readBlock(handle, path, Math.min(BLOCK_BYTES, sizeBytes - position));
      if (block.length === 0) break;
      position += block.length;
      yield block;
    }
    const { size } = await handle.stat();
    if (size !== sizeBytes) throw changed(path, `it had ${sizeBytes} bytes and now has ${size}`);
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // A link that took the file's place since the scan is not followed.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw changed(path, 'it is gone', error);
    if (codeOf(error) === 'ELOOP') throw changed(path, 'it is a link now', error);
    throw unreadable(path, error);
  }
}

async function readBlock(handle: FileHandle, path: string, length: number): Promise<Buffer> {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  }
}
