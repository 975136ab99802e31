import type { Database } from './database.ts';
import { KEPT_BYTES } from './runs.ts';

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
    logs: () => logsOf(database),
    forgetLogs: (runId) => database.transaction(() => forgetLogs(database, runId)),
    forgetRun: (runId) => forgetRun(database, runId),
  };
}

/**
 * By this run an instance that is still there got the active version of a payload: `--only-missing` and `spot watch` would
 * run it again if it were forgotten.
 */
const IS_NEEDED = `EXISTS (
  SELECT 1 FROM payloads
    JOIN attempts ON attempts.run_id = runs.id
    JOIN instances ON instances.instance_id = attempts.instance_id
  WHERE payloads.checksum = runs.payload_digest AND payloads.is_active = 1 AND attempts.outcome = 'succeeded'
    AND instances.state NOT IN ('shutting-down', 'terminated')
    AND NOT EXISTS (
      SELECT 1 FROM runs AS later JOIN attempts AS again ON again.run_id = later.id
      WHERE later.payload_digest = runs.payload_digest AND later.created_at > runs.created_at
        AND again.instance_id = attempts.instance_id AND again.outcome = 'succeeded'))`;

function runsBeyond(database: Database, keep: number, most: number): string[] {
  const counted = database.get('SELECT count(*) AS count FROM runs WHERE finished_at IS NOT NULL');
  const excess = (counted as { count: number }).count - keep;
  if (excess <= 0) return [];
  const rows = database.all(
    `SELECT id FROM runs WHERE finished_at IS NOT NULL AND NOT (${IS_NEEDED}) ORDER BY created_at, number LIMIT ?`,
    Math.min(most, excess),
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

function logsOf(database: Database): KeptLogs[] {
  const logs = keptLogs(database);
  if (logs.every(({ bytes }) => bytes !== null)) return logs as KeptLogs[];
  countLogs(database);
  return keptLogs(database) as KeptLogs[];
}

/** Without bytes where the run does not say how much it wrote: it is of an earlier version. */
function keptLogs(database: Database): { readonly runId: string; readonly bytes: number | null }[] {
  return database.all(
    `SELECT id AS "runId", log_bytes AS bytes FROM runs
     WHERE finished_at IS NOT NULL ORDER BY created_at DESC, number DESC`,
  ) as { runId: string; bytes: number | null }[];
}

/** Reads all attempts of such runs, and writes it down: once, for the next time. */
function countLogs(database: Database): void {
  const sum = `SELECT COALESCE(sum(${KEPT_BYTES}), 0) FROM attempts WHERE run_id = runs.id`;
  database.run(`UPDATE runs SET log_bytes = (${sum}) WHERE finished_at IS NOT NULL AND log_bytes IS NULL`);
}

function forgetLogs(database: Database, runId: string): void {
  const sql = 'UPDATE runs SET log_bytes = 0 WHERE id = ? AND finished_at IS NOT NULL';
  if (database.run(sql, runId) === 0) return;
  database.run(
    'UPDATE attempts SET stdout_path = NULL, stderr_path = NULL, rescue_path = NULL WHERE run_id = ?',
    runId,
  );
}

function forgetRun(database: Database, runId: string): void {
  database.run('DELETE FROM runs WHERE id = ? AND finished_at IS NOT NULL', runId);
}
