import type { Clock } from '../util/clock.ts';
import type { Database } from './database.ts';
import { removeExpired, renewLease } from './workers.ts';

/**
 * The queue of one machine. A key is in the line, at its place; or put off, without one; or claimed. What was put off comes
 * into the line when it is due and somebody claims. Every request has its keys in line one behind the other, beginning behind
 * the place that the queue is at (start-time fair queueing); of two keys at one place the older one comes first. Nothing
 * here takes longer because more is queued, but `counts`.
 */
export interface JobTable {
  /** A key that is there already stays as it is. */
  add(jobs: readonly { readonly key: string; readonly requestId: string; readonly dueAt: number }[]): void;
  /** Due at once; one that is claimed: when it is put off. */
  wake(key: string): void;
  /**
   * The next ones, which that worker has from now on; renews its lease. What the workers had claimed whose lease has run out
   * is free again, and comes first.
   * @returns null where the worker itself has lost its lease
   */
  claim(worker: { readonly id: string; readonly leaseMs: number }, limit: number): JobClaim[] | null;
  /** What is no longer claimed by that worker, for that try, stays as it is. */
  done(claim: JobClaim): void;
  putOff(claim: JobClaim, dueAt: number): void;
  /** whether a claim would find something, and when the next one that is put off is due, ms since the epoch */
  look(): { readonly isDue: boolean; readonly nextDueAt: number | null };
  counts(): { readonly due: number; readonly putOff: number; readonly claimed: number };
}

export interface JobClaim {
  readonly key: string;
  readonly workerId: string;
  /** how often it was claimed, this time counted */
  readonly tries: number;
}

export function jobTable(database: Database, clock: Clock): JobTable {
  return {
    add: (jobs) => database.transaction(() => addJobs(database, jobs, clock.now())),
    wake: (key) => wake(database, key, clock.now()),
    claim: ({ id, leaseMs }, limit) =>
      database.transaction(() => {
        const now = clock.now();
        if (!renewLease(database, id, now + leaseMs)) return null;
        removeExpired(database, now, id);
        lineUpDue(database, now, limit);
        return claimNext(database, id, limit);
      }),
    done: ({ key, workerId, tries }) => {
      database.run('DELETE FROM jobs WHERE key = ? AND worker_id = ? AND tries = ?', key, workerId, tries);
    },
    putOff: ({ key, workerId, tries }, dueAt) => {
      database.run(PUT_OFF, clock.now(), dueAt, key, workerId, tries);
    },
    look: () => look(database, clock.now()),
    counts: () => countJobs(database, clock.now()),
  };
}

const IN_LINE = 'worker_id IS NULL AND place IS NOT NULL';
const IS_PUT_OFF = 'worker_id IS NULL AND place IS NULL';

const PUT_OFF = `UPDATE jobs SET worker_id = NULL, place = NULL, woken = 0, due_at = CASE woken WHEN 1 THEN ? ELSE ? END
  WHERE key = ? AND worker_id = ? AND tries = ?`;

const COUNTS = `SELECT
  (SELECT COUNT(*) FROM jobs WHERE ${IN_LINE}) AS line,
  (SELECT COUNT(*) FROM jobs WHERE ${IS_PUT_OFF} AND due_at <= @now) AS joining,
  (SELECT COUNT(*) FROM jobs WHERE ${IS_PUT_OFF} AND due_at > @now) AS "putOff",
  (SELECT COUNT(*) FROM jobs WHERE worker_id IN (SELECT id FROM workers WHERE lease_until <= @now)) AS lost,
  (SELECT COUNT(*) FROM jobs WHERE worker_id IN (SELECT id FROM workers WHERE lease_until > @now)) AS claimed`;

function countJobs(database: Database, now: number): ReturnType<JobTable['counts']> {
  const row = database.get(COUNTS, { now }) as Record<'line' | 'joining' | 'putOff' | 'lost' | 'claimed', number>;
  return { due: row.line + row.joining + row.lost, putOff: row.putOff, claimed: row.claimed };
}

function addJobs(database: Database, jobs: Parameters<JobTable['add']>[0], now: number): void {
  const places = new Places(database);
  for (const { key, requestId, dueAt } of jobs) {
    const isNew = database.get('SELECT 1 FROM jobs WHERE key = ?', key) === undefined;
    if (!isNew) continue;
    const place = dueAt <= now ? places.next(requestId) : null;
    database.run('INSERT INTO jobs (key, request_id, place, due_at) VALUES (?, ?, ?, ?)', key, requestId, place, dueAt);
  }
}

/** Gives places, each request the ones behind its last. */
class Places {
  readonly #database: Database;
  readonly #first: number;
  readonly #next = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
    this.#first = (database.get('SELECT place FROM queue_place') as { place: number }).place + 1;
  }

  next(requestId: string): number {
    const place = this.#next.get(requestId) ?? Math.max(this.#first, this.#lastOf(requestId) + 1);
    this.#next.set(requestId, place + 1);
    return place;
  }

  #lastOf(requestId: string): number {
    const row = this.#database.get('SELECT MAX(place) AS place FROM jobs WHERE request_id = ?', requestId);
    return (row as { place: number | null }).place ?? 0;
  }
}

/** More than what is claimed at once, so that the line does not wait for those who join it; few enough not to be waited for. */
const JOIN_AT_LEAST = 100;

function lineUpDue(database: Database, now: number, limit: number): void {
  const sql = `SELECT key, request_id AS "requestId" FROM jobs WHERE ${IS_PUT_OFF} AND due_at <= ? ORDER BY due_at LIMIT ?`;
  const rows = database.all(sql, now, Math.max(limit, JOIN_AT_LEAST)) as { key: string; requestId: string }[];
  if (rows.length === 0) return;
  const places = new Places(database);
  for (const { key, requestId } of rows) {
    database.run('UPDATE jobs SET place = ? WHERE key = ?', places.next(requestId), key);
  }
}

function claimNext(database: Database, workerId: string, limit: number): JobClaim[] {
  const sql = `SELECT key, place, tries FROM jobs WHERE ${IN_LINE} ORDER BY place, due_at LIMIT ?`;
  const rows = database.all(sql, limit) as { key: string; place: number; tries: number }[];
  for (const { key } of rows) {
    database.run('UPDATE jobs SET worker_id = ?, tries = tries + 1 WHERE key = ?', workerId, key);
  }
  const last = rows.at(-1);
  // keys of dead workers come from places that the queue has long passed
  if (last !== undefined) database.run('UPDATE queue_place SET place = ? WHERE place < ?', last.place, last.place);
  return rows.map(({ key, tries }) => ({ key, workerId, tries: tries + 1 }));
}

function wake(database: Database, key: string, now: number): void {
  database.transaction(() => {
    database.run(`UPDATE jobs SET due_at = ? WHERE key = ? AND ${IS_PUT_OFF} AND due_at > ?`, now, key, now);
    database.run('UPDATE jobs SET woken = 1 WHERE key = ? AND worker_id IS NOT NULL', key);
  });
}

function look(database: Database, now: number): ReturnType<JobTable['look']> {
  const { isWaiting, hasExpired, nextDueAt } = database.get(LOOK, now) as {
    isWaiting: number;
    hasExpired: number;
    nextDueAt: number | null;
  };
  return { isDue: isWaiting + hasExpired > 0 || (nextDueAt !== null && nextDueAt <= now), nextDueAt };
}

const LOOK = `SELECT
  (SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE ${IN_LINE} LIMIT 1) AS line) AS "isWaiting",
  (SELECT COUNT(*) FROM workers WHERE lease_until <= ?) AS "hasExpired",
  (SELECT MIN(due_at) FROM jobs WHERE ${IS_PUT_OFF}) AS "nextDueAt"`;
