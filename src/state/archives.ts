import { isoTime } from '../util/clock.ts';
import type { Database } from './database.ts';

/** How big a part is, the last one apart, bytes. */
export const ARCHIVE_PART_BYTES = 1024 * 1024;

/**
 * The archives of payloads in a database that several machines share: each has in its own folder what it has packed or
 * used. They are there before the registry names them, and go after it has forgotten them, as on disk.
 */
export interface ArchiveTable {
  /** of all parts, bytes; 0 where there is none */
  sizeOf(digest: string): number;
  /** Parts are numbered from 0; one that is there already is the same. @param now ms since the epoch */
  write(digest: string, part: number, content: Uint8Array, now: number): void;
  /** null behind the last one */
  read(digest: string, part: number): Uint8Array | null;
  /** It is about to be used. @param now ms since the epoch */
  touch(digest: string, now: number): void;
  forget(digest: string): void;
  /** Forgets what neither a version nor an unfinished run needs, and was not written or touched since. @param since ms */
  sweep(since: number): void;
}

/** @returns null where the state is a file, which lies beside the archives */
export function archiveTable(database: Database): ArchiveTable | null {
  if (database.dialect === 'sqlite') return null;
  return {
    sizeOf: (digest) => {
      const sql = 'SELECT COALESCE(SUM(LENGTH(content)), 0) AS bytes FROM archives WHERE digest = ?';
      return (database.get(sql, digest) as { bytes: number }).bytes;
    },
    write: (digest, part, content, now) => {
      const sql = `INSERT INTO archives (digest, part, content, written_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (digest, part) DO UPDATE SET written_at = excluded.written_at`;
      database.run(sql, digest, part, content, isoTime(now));
    },
    read: (digest, part) => {
      const row = database.get('SELECT content FROM archives WHERE digest = ? AND part = ?', digest, part);
      return row === undefined ? null : (row as { content: Uint8Array }).content;
    },
    touch: (digest, now) => {
      database.run('UPDATE archives SET written_at = ? WHERE digest = ?', isoTime(now), digest);
    },
    forget: (digest) => {
      database.run('DELETE FROM archives WHERE digest = ?', digest);
    },
    sweep: (since) => sweep(database, isoTime(since)),
  };
}

const IS_IDLE = `written_at < ? AND digest NOT IN (SELECT checksum FROM payloads)
  AND digest NOT IN (SELECT payload_digest FROM runs WHERE finished_at IS NULL)`;

/** Looked at without the write lock first: nearly always there is nothing to do. */
function sweep(database: Database, since: string): void {
  if (database.get(`SELECT 1 AS one FROM archives WHERE ${IS_IDLE} LIMIT 1`, since) === undefined) return;
  database.run(`DELETE FROM archives WHERE ${IS_IDLE}`, since);
}
