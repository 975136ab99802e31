import { exitCodeOf } from '../model/outcome.ts';
import type { Limits, Plan, Rollout } from '../model/plan.ts';
import { findAttempt, listAttempts } from './attempts.ts';
import type { AttemptRecord } from './attempts.ts';
import type { Client } from './client.ts';
import type { Database } from './database.ts';
import { listShortfalls, listSuccesses, type PlanKey, type Shortfall, type Success } from './history.ts';
import { brokenState } from './state-error.ts';

/** A run as it stands in the state file: what was planned, who drives it, how it ended. */
export interface RunRecord {
  readonly id: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  /** ISO 8601, UTC, or null: it still runs, or its client died */
  readonly finishedAt: string | null;
  readonly mode: Plan['mode'];
  readonly payloadDigest: string;
  readonly payloadName: string;
  readonly payloadBytes: number;
  readonly plan: RecordedPlan;
  readonly client: Client;
  /** null as long as `finishedAt` is */
  readonly exitCode: number | null;
}

/** The rest of a plan; its targets are the run's attempts. */
export interface RecordedPlan extends Pick<
  Plan,
  'args' | 'environment' | 'remotePath' | 'cleanup' | 'transfer' | 'retries'
> {
  /** of the archive, absolute */
  readonly payloadPath: string;
  /** files and links in the payload */
  readonly fileCount: number;
  readonly limits: Limits;
  /** runs of earlier versions have none */
  readonly rollout?: Rollout;
  readonly skipped: readonly { readonly instanceId: string; readonly reason: string }[];
}

export interface RunTable {
  /** newest first */
  list(): RunRecord[];
  find(runId: string): RunRecord | null;
  /** in plan order */
  attempts(runId: string): AttemptRecord[];
  /** the attempt whose folders end so, of any run */
  attemptOf(stamp: string): Pick<AttemptRecord, 'runId' | 'outcome'> | null;
  /** newest first */
  unfinished(): RunRecord[];
  /** one for each instance that has got what such plans ask for */
  successes(key: PlanKey): Success[];
  /** the attempts by which instances did not get it, or not yet; oldest run first */
  shortfalls(key: PlanKey): Shortfall[];
}

export function runTable(database: Database): RunTable {
  return {
    list: () => listRuns(database),
    find: (runId) => findRun(database, runId),
    attempts: (runId) => listAttempts(database, runId),
    attemptOf: (stamp) => findAttempt(database, stamp),
    unfinished: () => listUnfinishedRuns(database),
    successes: (key) => listSuccesses(database, key),
    shortfalls: (key) => listShortfalls(database, key),
  };
}

const SELECTED = `id, created_at AS createdAt, finished_at AS finishedAt, mode, payload_digest AS payloadDigest,
  payload_name AS payloadName, payload_bytes AS payloadBytes, plan, client, exit_code AS exitCode`;
const NEWEST_FIRST = 'ORDER BY created_at DESC, rowid DESC';

function listRuns(database: Database): RunRecord[] {
  return toRecords(database, database.all(`SELECT ${SELECTED} FROM runs ${NEWEST_FIRST}`));
}

function listUnfinishedRuns(database: Database): RunRecord[] {
  return toRecords(database, database.all(`SELECT ${SELECTED} FROM runs WHERE finished_at IS NULL ${NEWEST_FIRST}`));
}

function findRun(database: Database, runId: string): RunRecord | null {
  const rows = database.all(`SELECT ${SELECTED} FROM runs WHERE id = ?`, runId);
  return toRecords(database, rows)[0] ?? null;
}

/** Only this program writes the table, so a row is taken at its word; its JSON must be JSON, though. */
function toRecords(database: Database, rows: unknown[]): RunRecord[] {
  return (rows as (RunRecord & { plan: string; client: string })[]).map((row) => {
    try {
      return { ...row, plan: JSON.parse(row.plan) as RecordedPlan, client: JSON.parse(row.client) as Client };
    } catch (error) {
      throw brokenState(database.path, error);
    }
  });
}

export function insertRun(database: Database, plan: Plan, client: Client): void {
  database.run(
    `INSERT INTO runs (id, created_at, mode, payload_digest, payload_name, payload_bytes, plan, client)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    plan.runId,
    plan.createdAt,
    plan.mode,
    plan.payload.digest,
    plan.payload.manifest.metadata.name,
    plan.payload.sizeBytes,
    JSON.stringify(toRecordedPlan(plan)),
    JSON.stringify(client),
  );
}

function toRecordedPlan(plan: Plan): RecordedPlan {
  const { args, environment, remotePath, cleanup, transfer, limits, rollout, retries } = plan;
  const skipped = plan.skipped.map(({ instance, reason }) => ({ instanceId: instance.instanceId, reason }));
  const rest = { args, environment, remotePath, cleanup, transfer, limits, rollout, retries };
  return { payloadPath: plan.payload.path, fileCount: plan.payload.fileCount, ...rest, skipped };
}

/** Closes a run unless one of its attempts is still open. */
export function endRun(database: Database, runId: string, finishedAt: string): void {
  database.transaction(() => {
    const kinds = listAttempts(database, runId).map(({ outcome }) => outcome);
    const ended = kinds.filter((kind) => kind !== null);
    if (ended.length < kinds.length) return;
    const sql = 'UPDATE runs SET finished_at = ?, exit_code = ? WHERE id = ?';
    database.run(sql, finishedAt, exitCodeOf(ended), runId);
  });
}
