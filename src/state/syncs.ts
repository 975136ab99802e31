import type { Instance } from '../model/instance.ts';
import type { Database } from './database.ts';
import { listInstances, upsertInstance } from './instances.ts';

/** When the instances of each region were last looked up. */
export interface SyncTable {
  /** ISO 8601, UTC, or null: never */
  lastOf(region: string): string | null;
  /**
   * Writes down what a look at a region has shown, together with its time: all or nothing.
   * @param merge writes the rows of known instances and of new ones; nobody else writes meanwhile
   */
  record<Result>(region: string, syncedAt: string, merge: Merge<Result>): Result;
}

export type Merge<Result> = (fleet: readonly Instance[], write: (instance: Instance) => void) => Result;

export function syncTable(database: Database): SyncTable {
  return {
    lastOf: (region) => lastSyncOf(database, region),
    record: (region, syncedAt, merge) =>
      database.transaction(() => {
        recordSync(database, region, syncedAt);
        return merge(listInstances(database), (instance) => upsertInstance(database, instance));
      }),
  };
}

function lastSyncOf(database: Database, region: string): string | null {
  const row = database.get('SELECT synced_at AS "syncedAt" FROM syncs WHERE region = ?', region);
  return row === undefined ? null : (row as { readonly syncedAt: string }).syncedAt;
}

/** Of two looks that overlap the later one counts. */
function recordSync(database: Database, region: string, syncedAt: string): void {
  const sql = `INSERT INTO syncs (region, synced_at) VALUES (?, ?)
    ON CONFLICT (region) DO UPDATE SET synced_at = excluded.synced_at WHERE excluded.synced_at > syncs.synced_at`;
  database.run(sql, region, syncedAt);
}
