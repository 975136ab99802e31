import { type Clock, isoTime } from '../util/clock.ts';
import { currentClient } from './client.ts';
import type { Database } from './database.ts';

/**
 * Who works on the queue. The lease of a worker stands for all it has claimed; whoever sees that one has run out takes the
 * row away, and with it the claims. A worker whose row is gone has lost them.
 */
export interface WorkerTable {
  /** @param engineIds what the engine of the queue calls it; a row of that id is replaced */
  begin(worker: { readonly id: string; readonly engineIds: readonly string[]; readonly leaseMs: number }): void;
  /** @returns false where the row is gone */
  renew(id: string, leaseMs: number): boolean;
  /** It has claimed nothing, or leaves what it has claimed to others. */
  end(id: string): void;
  /** how many have a lease that has not run out */
  living(): number;
}

export function workerTable(database: Database, clock: Clock): WorkerTable {
  return {
    begin: ({ id, engineIds, leaseMs }) => {
      const now = timeOf(database, clock);
      const values = [id, JSON.stringify(currentClient()), JSON.stringify(engineIds), isoTime(now), now + leaseMs];
      database.run(BEGIN, ...values);
    },
    renew: (id, leaseMs) => renewLease(database, id, timeOf(database, clock) + leaseMs),
    end: (id) => database.transaction(() => removeWorker(database, id)),
    living: () => (database.get(LIVING, timeOf(database, clock)) as { count: number }).count,
  };
}

const BEGIN = `INSERT INTO workers (id, client, engine_ids, started_at, lease_until) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET engine_ids = excluded.engine_ids, lease_until = excluded.lease_until`;

const LIVING = 'SELECT COUNT(*) AS count FROM workers WHERE lease_until > ?';

/**
 * Leases are compared by one clock: that of the machine, or that of the database where there are several machines.
 * @returns ms since the epoch
 */
export function timeOf(database: Database, clock: Clock): number {
  if (database.dialect === 'sqlite') return clock.now();
  const sql = 'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now';
  return (database.get(sql) as { now: number }).now;
}

/** @returns false where the row is gone */
export function renewLease(database: Database, id: string, until: number): boolean {
  return database.run('UPDATE workers SET lease_until = ? WHERE id = ?', until, id) === 1;
}

/**
 * Takes away the rows of those whose lease has run out, and what they have claimed of the embedded queue.
 * @param except a worker that has just been heard of
 */
export function removeExpired(database: Database, now: number, except: string | null): void {
  const expired = database.all('SELECT id FROM workers WHERE lease_until <= ?', now) as { id: string }[];
  for (const { id } of expired) if (id !== except) removeWorker(database, id);
}

/** What engines call those whose lease has not run out. */
export function livingEngineIds(database: Database, now: number): Set<string> {
  const rows = database.all('SELECT engine_ids AS "engineIds" FROM workers WHERE lease_until > ?', now);
  return new Set((rows as { engineIds: string }[]).flatMap(({ engineIds }) => JSON.parse(engineIds) as string[]));
}

function removeWorker(database: Database, id: string): void {
  database.run('UPDATE jobs SET worker_id = NULL, woken = 0 WHERE worker_id = ?', id);
  database.run('DELETE FROM workers WHERE id = ?', id);
}
