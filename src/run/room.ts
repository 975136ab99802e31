import type { Payload } from '../model/payload.ts';

/** What a payload takes in /tmp of an instance, bytes. */
export interface RoomNeeded {
  readonly archive: number;
  readonly content: number;
  /** of both, and the rest: ends of blocks, runner, first output */
  readonly total: number;
}

/** Each file fills up its last block, of mostly so many bytes. */
const BLOCK_BYTES = 4096;
const REST_BYTES = 1024 * 1024;

/** The archive stays until the result is collected. */
export function roomFor({ sizeBytes, contentBytes, manifest }: Payload): RoomNeeded {
  const total = sizeBytes + contentBytes + manifest.files.length * BLOCK_BYTES + REST_BYTES;
  return { archive: sizeBytes, content: contentBytes, total };
}
