import type { AttemptResult, OutputFile, RescueFolder, StepTiming } from '../model/attempt.ts';
import type { Problem } from '../model/errors.ts';
import type { OutcomeKind, Step } from '../model/outcome.ts';
import type { Host, Plan } from '../model/plan.ts';
import { columnsOf } from './attempt-result.ts';
import type { Database } from './database.ts';
import { insertRows } from './insert-rows.ts';
import type { NewestFirst } from './newest-first.ts';
import { brokenState } from './state-error.ts';

/** An attempt as it stands in the state file. Times are ISO 8601, UTC. */
export interface AttemptRecord {
  readonly runId: string;
  readonly instanceId: string;
  /** place in the plan, from 0 */
  readonly position: number;
  readonly name: string | null;
  readonly host: Host;
  /** the tail of every folder this attempt makes on the instance */
  readonly stamp: string;
  /** the step last begun, or null before the first */
  readonly step: Step | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** null until it has ended */
  readonly outcome: OutcomeKind | null;
  /** of `failed` */
  readonly exitCode: number | null;
  /** of `killed` */
  readonly signal: string | null;
  /** of `skipped` */
  readonly reason: string | null;
  readonly error: Problem | null;
  readonly evidence: readonly string[];
  readonly steps: readonly StepTiming[];
  readonly remoteDir: string | null;
  readonly stdout: Pick<OutputFile, 'path' | 'bytes'>;
  readonly stderr: Pick<OutputFile, 'path' | 'bytes'>;
  readonly rescue: RescueFolder | null;
}

/** The columns as they come; those of the same name and type as in the record are inherited. */
interface AttemptRow extends Omit<
  AttemptRecord,
  'host' | 'error' | 'evidence' | 'steps' | 'stdout' | 'stderr' | 'rescue'
> {
  readonly address: string;
  readonly port: number | null;
  readonly user: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string;
  readonly evidence: string;
  readonly steps: string;
  readonly stdoutPath: string | null;
  readonly stdoutBytes: number;
  readonly stderrPath: string | null;
  readonly stderrBytes: number;
  readonly rescuePath: string | null;
  readonly rescueBytes: number;
}

const SELECTED = `run_id AS "runId", instance_id AS "instanceId", position, name, address, port, "user", stamp, step,
  started_at AS "startedAt", finished_at AS "finishedAt", outcome, exit_code AS "exitCode", signal, reason,
  error_code AS "errorCode", error_message AS "errorMessage", evidence, steps, remote_dir AS "remoteDir",
  stdout_path AS "stdoutPath", stdout_bytes AS "stdoutBytes", stderr_path AS "stderrPath", stderr_bytes AS "stderrBytes",
  rescue_path AS "rescuePath", rescue_bytes AS "rescueBytes"`;

export function listAttempts(database: Database, runId: string): AttemptRecord[] {
  const rows = database.all(`SELECT ${SELECTED} FROM attempts WHERE run_id = ? ORDER BY position`, runId);
  return (rows as AttemptRow[]).map((row) => toRecord(database, row));
}

/** @param after the place in the plan behind which it begins; null: with the first */
export function pageOfAttempts(
  database: Database,
  runId: string,
  after: number | null,
  limit: number,
): AttemptRecord[] {
  const sql = `SELECT ${SELECTED} FROM attempts WHERE run_id = ? AND position > ? ORDER BY position LIMIT ?`;
  return (database.all(sql, runId, after ?? -1, limit) as AttemptRow[]).map((row) => toRecord(database, row));
}

/** Those of the newest run first; `before` is the id of a run. */
export function attemptsOnInstance(
  database: Database,
  instanceId: string,
  { limit, before }: NewestFirst,
): AttemptRecord[] {
  const older = 'WHERE (created_at, number) < (SELECT created_at, number FROM runs WHERE id = ?)';
  const sql = `SELECT ${SELECTED} FROM attempts
    JOIN (SELECT id AS run, created_at, number FROM runs ${before === null ? '' : older}) AS listed ON run = run_id
    WHERE instance_id = ? ORDER BY created_at DESC, number DESC LIMIT ?`;
  const rows = database.all(sql, ...(before === null ? [] : [before]), instanceId, limit) as AttemptRow[];
  return rows.map((row) => toRecord(database, row));
}

/** @throws Error where there is none: what is written down must have been announced before */
export function readAttempt(database: Database, runId: string, instanceId: string): AttemptRecord {
  const found = attemptOfRun(database, runId, instanceId);
  if (found === null) throw new Error(`the state file knows no attempt of run ${runId} on ${instanceId}`);
  return found;
}

export function attemptOfRun(database: Database, runId: string, instanceId: string): AttemptRecord | null {
  const sql = `SELECT ${SELECTED} FROM attempts WHERE run_id = ? AND instance_id = ?`;
  const row = database.get(sql, runId, instanceId) as AttemptRow | undefined;
  return row === undefined ? null : toRecord(database, row);
}

export function findAttempt(database: Database, stamp: string): Pick<AttemptRecord, 'runId' | 'outcome'> | null {
  const rows = database.all('SELECT run_id AS "runId", outcome FROM attempts WHERE stamp = ?', stamp);
  return (rows as Pick<AttemptRecord, 'runId' | 'outcome'>[])[0] ?? null;
}

function toRecord(database: Database, row: AttemptRow): AttemptRecord {
  const { address, port, user, errorCode, errorMessage, stdoutPath, stdoutBytes, stderrPath, stderrBytes, ...others } =
    row;
  const { rescuePath, rescueBytes, ...same } = others;
  try {
    return {
      ...same,
      host: { user, address, port },
      error: errorCode === null ? null : { code: errorCode, message: errorMessage },
      evidence: JSON.parse(row.evidence) as string[],
      steps: JSON.parse(row.steps) as StepTiming[],
      stdout: { path: stdoutPath, bytes: stdoutBytes },
      stderr: { path: stderrPath, bytes: stderrBytes },
      rescue: rescuePath === null ? null : { path: rescuePath, bytes: rescueBytes },
    };
  } catch (error) {
    throw brokenState(database.path, error);
  }
}

const PLANNED = ['run_id', 'instance_id', 'position', 'name', 'address', 'port', '"user"', 'stamp'];

/** One for each target, in the order of the plan. */
export function insertAttempts(database: Database, { runId, targets }: Pick<Plan, 'runId' | 'targets'>): void {
  const rows = targets.map(({ instance, host, stamp }, position) => {
    return [runId, instance.instanceId, position, instance.name, host.address, host.port, host.user, stamp];
  });
  insertRows(database, 'attempts', PLANNED, rows);
}

/** @returns false where it has ended before */
export function beginStep(database: Database, runId: string, instanceId: string, step: Step, now: string): boolean {
  const changes = database.run(
    `UPDATE attempts SET step = ?, started_at = COALESCE(started_at, ?)
     WHERE run_id = ? AND instance_id = ? AND outcome IS NULL`,
    step,
    now,
    runId,
    instanceId,
  );
  return changes === 1 || readAttempt(database, runId, instanceId).outcome === null;
}

/** @returns false where it has ended before */
export function renewAttempt(database: Database, runId: string, instanceId: string, stamp: string): boolean {
  const sql = 'UPDATE attempts SET stamp = ? WHERE run_id = ? AND instance_id = ? AND outcome IS NULL';
  const changes = database.run(sql, stamp, runId, instanceId);
  return changes === 1 || readAttempt(database, runId, instanceId).outcome === null;
}

/**
 * Writes down how an attempt ended, unless that is known already.
 * @returns whether it was written
 */
export function finishAttempt(database: Database, runId: string, result: AttemptResult, now: string): boolean {
  const changes = database.run(
    `UPDATE attempts SET finished_at = @now, outcome = @outcome, step = COALESCE(@step, step), exit_code = @exitCode,
       signal = @signal, reason = @reason, error_code = @errorCode, error_message = @errorMessage,
       evidence = @evidence, steps = @steps, remote_dir = @remoteDir, stdout_path = @stdoutPath,
       stdout_bytes = @stdoutBytes, stderr_path = @stderrPath, stderr_bytes = @stderrBytes,
       rescue_path = @rescuePath, rescue_bytes = @rescueBytes
     WHERE run_id = @runId AND instance_id = @instanceId AND (outcome IS NULL OR outcome = 'lost')`,
    { runId, now, ...columnsOf(result) },
  );
  return changes === 1;
}
