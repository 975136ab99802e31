import { exitCodeOf, type OutcomeKind } from '../model/outcome.ts';
import type { Interruption, Limits, Plan, Rollout } from '../model/plan.ts';
import {
  attemptOfRun,
  attemptsOnInstance,
  findAttempt,
  listAttempts,
  pageOfAttempts,
  readAttempt,
} from './attempts.ts';
import type { AttemptRecord } from './attempts.ts';
import type { Client } from './client.ts';
import type { Database } from './database.ts';
import {
  type LatestAttempt,
  listLatest,
  listOpen,
  listShortfalls,
  listSuccesses,
  type PlanKey,
  type Shortfall,
  type Success,
} from './history.ts';
import type { NewestFirst } from './newest-first.ts';
import { type RunCounts, talliesOf } from './run-counts.ts';
import { brokenState } from './state-error.ts';
import { listUploads } from './uploads.ts';

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
  /** login name of whoever began it, on the host of `client`; null in runs of earlier versions */
  readonly user: string | null;
  /** id of the run that this one repeats, which may be gone by now */
  readonly rerunOf: string | null;
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
  /** the instances were held against other runs of this kind; runs of earlier versions do not say */
  readonly exclusive?: boolean;
  /** in whose name; where it is not said, nobody begins an attempt of the run any more */
  readonly holder?: string;
  /** runs of earlier versions do not say */
  readonly useCache?: boolean;
  /** login name of the user that the scripts ran as, by sudo; left out: whoever logged in */
  readonly sudo?: string;
  readonly limits: Limits;
  /** runs of earlier versions have none */
  readonly rollout?: Rollout;
  /** runs of earlier versions do not say */
  readonly readyTimeoutMs?: number | null;
  readonly tracksPayload?: boolean;
  /** runs of earlier versions have none */
  readonly interruption?: Interruption;
  readonly skipped: readonly { readonly instanceId: string; readonly reason: string }[];
}

/** The attempts of a run, counted. */
export interface RunTally {
  readonly instances: number;
  /** those that have not ended */
  readonly open: number;
  /** of those that have, one each */
  readonly outcomes: readonly OutcomeKind[];
  /** of all outputs of those, kept or not */
  readonly outputBytes: number;
}

export interface RunTable {
  /** newest first; all of them, or the newest so many */
  list(limit?: number): RunRecord[];
  /** newest first, those that are older than the one of that id; none where it is gone, as older ones went before it */
  page(query: NewestFirst): RunRecord[];
  /** of runs that are on record, by run */
  tallies(runIds: readonly string[]): Map<string, RunCounts>;
  find(runId: string): RunRecord | null;
  /** the runs whose ids begin so: how many there are, and the first of them */
  startingWith(prefix: string): { readonly count: number; readonly first: RunRecord | null };
  tally(runId: string): RunTally;
  /** in plan order */
  attempts(runId: string): AttemptRecord[];
  /** the same, those behind that place in the plan; null: from the first */
  attemptsPage(runId: string, after: number | null, limit: number): AttemptRecord[];
  /** of one instance, those of the newest run first; `before` is the id of a run */
  attemptsOn(instanceId: string, query: NewestFirst): AttemptRecord[];
  findAttempt(runId: string, instanceId: string): AttemptRecord | null;
  /** @throws Error where there is none */
  attempt(runId: string, instanceId: string): AttemptRecord;
  /** the attempt whose folders end so, of any run */
  attemptOf(stamp: string): Pick<AttemptRecord, 'runId' | 'outcome'> | null;
  /** newest first */
  unfinished(): RunRecord[];
  /** one for each instance that has got what such plans ask for */
  successes(key: PlanKey): Success[];
  /** the attempts by which instances did not get it, or not yet; oldest run first */
  shortfalls(key: PlanKey): Shortfall[];
  /** what was sent to instances lately, and how long it took, ms */
  uploads(): { readonly bytes: number; readonly ms: number }[];
  /** what was done last on each instance, of what was begun */
  latest(): LatestAttempt[];
  /** attempts that have not ended, those of the newest run first */
  open(): Pick<LatestAttempt, 'instanceId' | 'runId'>[];
}

export function runTable(database: Database): RunTable {
  return {
    list: (limit = Number.MAX_SAFE_INTEGER) => listRuns(database, limit),
    page: (query) => pageOfRuns(database, query),
    tallies: (runIds) => talliesOf(database, runIds),
    find: (runId) => findRun(database, runId),
    startingWith: (prefix) => findRuns(database, prefix),
    tally: (runId) => tallyOf(database, runId),
    attempts: (runId) => listAttempts(database, runId),
    attemptsPage: (runId, after, limit) => pageOfAttempts(database, runId, after, limit),
    attemptsOn: (instanceId, query) => attemptsOnInstance(database, instanceId, query),
    findAttempt: (runId, instanceId) => attemptOfRun(database, runId, instanceId),
    attempt: (runId, instanceId) => readAttempt(database, runId, instanceId),
    attemptOf: (stamp) => findAttempt(database, stamp),
    unfinished: () => listUnfinishedRuns(database),
    successes: (key) => listSuccesses(database, key),
    shortfalls: (key) => listShortfalls(database, key),
    uploads: () => listUploads(database),
    latest: () => listLatest(database),
    open: () => listOpen(database),
  };
}

const SELECTED = `id, created_at AS "createdAt", finished_at AS "finishedAt", mode, payload_digest AS "payloadDigest",
  payload_name AS "payloadName", payload_bytes AS "payloadBytes", plan, client, "user", rerun_of AS "rerunOf",
  exit_code AS "exitCode"`;
const NEWEST_FIRST = 'ORDER BY created_at DESC, number DESC';

function listRuns(database: Database, limit: number): RunRecord[] {
  return toRecords(database, database.all(`SELECT ${SELECTED} FROM runs ${NEWEST_FIRST} LIMIT ?`, limit));
}

function pageOfRuns(database: Database, { limit, before }: NewestFirst): RunRecord[] {
  const older = 'WHERE (created_at, number) < (SELECT created_at, number FROM runs WHERE id = ?)';
  const sql = `SELECT ${SELECTED} FROM runs ${before === null ? '' : older} ${NEWEST_FIRST} LIMIT ?`;
  return toRecords(database, database.all(sql, ...(before === null ? [] : [before]), limit));
}

function listUnfinishedRuns(database: Database): RunRecord[] {
  return toRecords(database, database.all(`SELECT ${SELECTED} FROM runs WHERE finished_at IS NULL ${NEWEST_FIRST}`));
}

function findRun(database: Database, runId: string): RunRecord | null {
  const rows = database.all(`SELECT ${SELECTED} FROM runs WHERE id = ?`, runId);
  return toRecords(database, rows)[0] ?? null;
}

/** A range of the index and no LIKE, which would read all rows. */
function findRuns(database: Database, prefix: string): ReturnType<RunTable['startingWith']> {
  const range = [prefix, `${prefix}\u{10FFFF}`];
  const { count } = database.get('SELECT count(*) AS count FROM runs WHERE id >= ? AND id < ?', ...range) as {
    count: number;
  };
  const rows = database.all(`SELECT ${SELECTED} FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 1`, ...range);
  return { count, first: toRecords(database, rows)[0] ?? null };
}

/** Of an attempt, in the log folder; an empty file that was rescued counts, or its folder would pass for a leftover. */
export const KEPT_BYTES =
  '(stdout_bytes + stderr_bytes + CASE WHEN rescue_bytes = 0 AND rescue_path IS NOT NULL THEN 1 ELSE rescue_bytes END)';

function tallyOf(database: Database, runId: string): RunTally {
  const sql = `SELECT outcome, ${KEPT_BYTES} AS bytes FROM attempts WHERE run_id = ?`;
  const rows = database.all(sql, runId) as { outcome: OutcomeKind | null; bytes: number }[];
  const outcomes = rows.map(({ outcome }) => outcome).filter((outcome) => outcome !== null);
  const outputBytes = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return { instances: rows.length, open: rows.length - outcomes.length, outcomes, outputBytes };
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

export function insertRun(database: Database, plan: Plan, client: Client, user: string | null): void {
  database.run(
    `INSERT INTO runs (id, created_at, mode, payload_digest, payload_name, payload_bytes, plan, client, "user", rerun_of,
       args, remote_path, number)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(number), 0) + 1 FROM runs))`,
    plan.runId,
    plan.createdAt,
    plan.mode,
    plan.payload.digest,
    plan.payload.manifest.metadata.name,
    plan.payload.sizeBytes,
    JSON.stringify(toRecordedPlan(plan)),
    JSON.stringify(client),
    user,
    plan.rerunOf ?? null,
    JSON.stringify(plan.args),
    plan.remotePath,
  );
}

function toRecordedPlan(plan: Plan): RecordedPlan {
  const { args, environment, remotePath, cleanup, transfer, limits, rollout, interruption, retries } = plan;
  const { readyTimeoutMs, tracksPayload } = plan;
  const skipped = plan.skipped.map(({ instance, reason }) => ({ instanceId: instance.instanceId, reason }));
  const rest = {
    args,
    environment,
    remotePath,
    cleanup,
    transfer,
    limits,
    rollout,
    interruption,
    retries,
    readyTimeoutMs,
    tracksPayload,
  };
  return {
    payloadPath: plan.payload.path,
    fileCount: plan.payload.fileCount,
    exclusive: plan.holder !== null,
    ...(plan.holder === null ? {} : { holder: plan.holder }),
    useCache: plan.useCache,
    ...(plan.sudo === undefined ? {} : { sudo: plan.sudo }),
    ...rest,
    skipped,
  };
}

/**
 * Closes a run unless one of its attempts is still open; of one that was closed before what it came to is brought up to date.
 * @returns whether it was closed by this
 */
export function endRun(database: Database, runId: string, finishedAt: string): boolean {
  return database.transaction(() => {
    const anyOpen = 'SELECT 1 AS one FROM attempts WHERE run_id = ? AND outcome IS NULL LIMIT 1';
    if (database.get(anyOpen, runId) !== undefined) return false;
    const before = database.get('SELECT finished_at AS "finishedAt" FROM runs WHERE id = ?', runId);
    const { outcomes, outputBytes } = tallyOf(database, runId);
    const sql = 'UPDATE runs SET finished_at = ?, exit_code = ?, log_bytes = ? WHERE id = ?';
    database.run(sql, finishedAt, exitCodeOf(outcomes), outputBytes, runId);
    return (before as Pick<RunRecord, 'finishedAt'> | undefined)?.finishedAt === null;
  });
}
