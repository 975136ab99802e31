import type { TransferMode } from '../model/plan.ts';

/** Above this measured round-trip time SFTP's extra round trips cost more than they bring, ms (design, 3.3). */
const SFTP_MAX_ROUND_TRIP_MS = 20;
/** Above this size the archive is faster on the execution channel, bytes (design, 3.3). */
const SFTP_MAX_BYTES = 8 * 1024 * 1024;

/** Whether SFTP is worth a try; where the host has no such subsystem the archive is streamed all the same. */
export function prefersSftp(mode: TransferMode, roundTripMs: number, sizeBytes: number): boolean {
  if (mode !== 'auto') return mode === 'sftp';
  return roundTripMs <= SFTP_MAX_ROUND_TRIP_MS && sizeBytes <= SFTP_MAX_BYTES;
}
