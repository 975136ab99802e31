import type { RunEvent } from '../model/event.ts';
import type { Database } from './database.ts';

/** An event as it is kept: what it is, and all of it as JSON. */
export interface NewEvent {
  readonly type: RunEvent['type'];
  readonly event: string;
}

export interface StoredEvent extends NewEvent {
  readonly number: number;
}

/** How far the events of a run have come. */
export interface RunHead {
  readonly runId: string;
  /** number of the last event, 0 before the first */
  readonly last: number;
  /** the last event is `run-finished` */
  readonly isClosed: boolean;
  /** of the run in the ledger, ISO 8601, UTC, or null */
  readonly finishedAt: string | null;
}

/**
 * The events of runs of the service. Of each run they are numbered from 1 without gaps, in the order in which they are
 * written, whoever writes them; the last one is `run-finished`, and none comes after it.
 */
export interface RunEventTable {
  /**
   * Adds events, by run, in one transaction. Those of a run that is closed, or not on record, are left out, and so is a
   * `run-started` that is not the first.
   * @param opening gives the first event of a run where `events` does not begin with it
   */
  append(batches: ReadonlyMap<string, readonly NewEvent[]>, opening: (runId: string) => NewEvent): void;
  /**
   * Adds the last events of a run, unless that is done.
   * @param opening as of `append`, for a run that has no events
   * @param compose is told the `attempt-finished` so far, and gives the last events, `run-finished` behind all others;
   *   null: not yet
   */
  close(
    runId: string,
    opening: (runId: string) => NewEvent,
    compose: (ends: readonly string[]) => readonly NewEvent[] | null,
  ): void;
  /** those behind that number, in order */
  read(runId: string, after: number, limit: number): StoredEvent[];
  /** every `attempt-finished` of the run, in order */
  ends(runId: string): string[];
  /** of those runs that are on record */
  heads(runIds: readonly string[]): RunHead[];
}

export function runEventTable(database: Database): RunEventTable {
  return {
    append: (batches, opening) =>
      database.transaction(() => {
        for (const [runId, events] of batches) appendTo(database, runId, events, opening);
      }),
    close: (runId, opening, compose) =>
      database.transaction(() => {
        if (lastOf(database, runId) === null) return;
        const events = compose(endsOf(database, runId));
        if (events !== null) appendTo(database, runId, events, opening);
      }),
    read: (runId, after, limit) => {
      const sql = 'SELECT number, type, event FROM run_events WHERE run_id = ? AND number > ? ORDER BY number LIMIT ?';
      return database.all(sql, runId, after, limit) as StoredEvent[];
    },
    ends: (runId) => endsOf(database, runId),
    heads: (runIds) => headsOf(database, runIds),
  };
}

function appendTo(
  database: Database,
  runId: string,
  events: readonly NewEvent[],
  opening: (runId: string) => NewEvent,
): void {
  const last = lastOf(database, runId);
  if (last === null) return;
  const others = events.filter(({ type }) => type !== 'run-started');
  const first = last > 0 ? [] : [events.find(({ type }) => type === 'run-started') ?? opening(runId)];
  insertAll(database, runId, last, [...first, ...others]);
}

/** @returns the number to go on behind, or null where nothing may be added */
function lastOf(database: Database, runId: string): number | null {
  const [head] = headsOf(database, [runId]);
  return head === undefined || head.isClosed ? null : head.last;
}

/** Rows of one statement: a database that is far away is asked less often. */
const ROWS_AT_ONCE = 16;

function insertAll(database: Database, runId: string, last: number, events: readonly NewEvent[]): void {
  for (let from = 0; from < events.length;) {
    const count = events.length - from < ROWS_AT_ONCE ? 1 : ROWS_AT_ONCE;
    const rows = events.slice(from, from + count);
    const values = rows.flatMap(({ type, event }, index) => [runId, last + from + index + 1, type, event]);
    const places = rows.map(() => '(?, ?, ?, ?)').join(', ');
    database.run(`INSERT INTO run_events (run_id, number, type, event) VALUES ${places}`, ...values);
    from += count;
  }
}

function endsOf(database: Database, runId: string): string[] {
  const sql = `SELECT event FROM run_events WHERE run_id = ? AND type = 'attempt-finished' ORDER BY number`;
  return (database.all(sql, runId) as Pick<StoredEvent, 'event'>[]).map(({ event }) => event);
}

/** Runs asked about in one statement; places that are left over are filled up, so that there are few different ones. */
const RUNS_AT_ONCE = [1, 16, 256] as const;

function headsOf(database: Database, runIds: readonly string[]): RunHead[] {
  if (runIds.length === 0) return [];
  const most = RUNS_AT_ONCE.at(-1) as number;
  const size = RUNS_AT_ONCE.find((places) => places >= runIds.length) ?? most;
  const asked = runIds.slice(0, size);
  const ids = [...asked, ...Array.from({ length: size - asked.length }, () => null)];
  const sql = `SELECT id AS "runId", finished_at AS "finishedAt",
      COALESCE((SELECT MAX(number) FROM run_events WHERE run_id = runs.id), 0) AS last,
      (SELECT type FROM run_events WHERE run_id = runs.id ORDER BY number DESC LIMIT 1) AS type
    FROM runs WHERE id IN (${ids.map(() => '?').join(', ')})`;
  const rows = database.all(sql, ...ids) as (Omit<RunHead, 'isClosed'> & { type: RunEvent['type'] | null })[];
  const heads = rows.map(({ type, ...head }) => ({ ...head, isClosed: type === 'run-finished' }));
  return [...heads, ...headsOf(database, runIds.slice(size))];
}
