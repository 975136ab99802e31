import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** One read, bytes. */
const BLOCK_BYTES = 256 * 1024;

/** SHA-256 of a file, hex. @throws Error of the system */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) hash.update(block as Buffer);
  return hash.digest('hex');
}
