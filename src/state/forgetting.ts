import type { Database } from './database.ts';

/** What a finished run keeps in the log folder, as far as the state file knows. */
export interface KeptLogs {
  readonly runId: string;
  /** 0 where it said nothing, or its outputs are pruned */
  readonly bytes: number;
}

/**
 * Forgetting finished runs; an unfinished one is never touched. Of an output that was pruned the size stays on record,
 * and the path goes.
 */
export interface Forgetting {
  /** ids of the finished runs behind the newest `keep` ones, oldest first, at most `most` */
  beyond(keep: number, most: number): string[];
  /** whether there is a row of that id, finished or not */
  knows(runId: string): boolean;
  /** of all finished runs, newest first */
  logs(): KeptLogs[];
  /** puts on record that the outputs of a run are gone */
  forgetLogs(runId: string): void;
  /** removes a run with its attempts */
  forgetRun(runId: string): void;
}

export function forgettingOf(database: Database): Forgetting {
  return {
    beyond: (keep, most) => runsBeyond(database, keep, most),
    knows: (runId) => database.get('SELECT 1 FROM runs WHERE id = ?', runId) !== undefined,
    logs: () => keptLogs(database),
    forgetLogs: (runId) => database.transaction(() => forgetLogs(database, runId)),
    forgetRun: (runId) => forgetRun(database, runId),
  };
}

function runsBeyond(database: Database, keep: number, most: number): string[] {
  const rows = database.all(
    `SELECT id FROM runs WHERE finished_at IS NOT NULL ORDER BY created_at, rowid
     LIMIT min(?, max(0, (SELECT count(*) FROM runs WHERE finished_at IS NOT NULL) - ?))`,
    most,
    keep,
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

/** Runs of earlier versions do not say how much they wrote, but their attempts do. */
function keptLogs(database: Database): KeptLogs[] {
  return database.all(
    `SELECT id AS runId, COALESCE(
       json_extract(plan, '$.logBytes'),
       (SELECT sum(stdout_bytes + stderr_bytes) FROM attempts WHERE run_id = runs.id),
       0
     ) AS bytes
     FROM runs WHERE finished_at IS NOT NULL ORDER BY created_at DESC, rowid DESC`,
  ) as KeptLogs[];
}

function forgetLogs(database: Database, runId: string): void {
  const sql = `UPDATE runs SET plan = json_set(plan, '$.logBytes', 0) WHERE id = ? AND finished_at IS NOT NULL`;
  if (database.run(sql, runId) === 0) return;
  database.run('UPDATE attempts SET stdout_path = NULL, stderr_path = NULL WHERE run_id = ?', runId);
}

function forgetRun(database: Database, runId: string): void {
  database.run('DELETE FROM runs WHERE id = ? AND finished_at IS NOT NULL', runId);
}
