import { type Clock, isoTime } from '../util/clock.ts';
import type { Database } from './database.ts';

/** One call that was to change something, or was refused at the door. */
export interface AuditEntry {
  /** the name of a token, `socket`, or `nobody` */
  readonly who: string;
  /** what was asked for, e.g. `deploy`, `cancel`, `authorise` */
  readonly what: string;
  /** ids or names it was about, or null */
  readonly target: string | null;
  readonly requestId: string;
  /** `ok`, or the code of the problem */
  readonly outcome: string;
}

export interface AuditRow extends AuditEntry {
  /** ISO 8601, UTC */
  readonly at: string;
}

/** Who asked the service for what. Rows are added and never changed. */
export interface AuditTable {
  add(entry: AuditEntry): void;
  /** the newest first */
  list(limit: number): AuditRow[];
}

export function auditTable(database: Database, clock: Clock): AuditTable {
  return {
    add: ({ who, what, target, requestId, outcome }) => {
      const sql = 'INSERT INTO audit (at, who, what, target, request_id, outcome) VALUES (?, ?, ?, ?, ?, ?)';
      database.run(sql, isoTime(clock.now()), who, what, target, requestId, outcome);
    },
    list: (limit) => {
      const columns = 'at, who, what, target, request_id AS "requestId", outcome';
      return database.all(`SELECT ${columns} FROM audit ORDER BY id DESC LIMIT ?`, limit) as AuditRow[];
    },
  };
}
