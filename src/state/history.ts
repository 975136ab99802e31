import type { OutcomeKind } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Database } from './database.ts';
import { brokenState } from './state-error.ts';

/** What plans ask of an instance: those that agree in this do the same, but for the values of the environment. */
export interface PlanKey extends Pick<Plan, 'mode' | 'args' | 'remotePath' | 'sudo'> {
  readonly payloadDigest: string;
}

/** The last attempt by which an instance got it. */
export interface Success {
  readonly instanceId: string;
  readonly runId: string;
  /** ISO 8601, UTC */
  readonly finishedAt: string;
}

/** An attempt by which an instance did not get it, or not yet. */
export interface Shortfall {
  readonly instanceId: string;
  readonly runId: string;
  /** null as long as it is open */
  readonly outcome: OutcomeKind | null;
  /** null where it was never begun */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly evidence: readonly string[];
}

/** What was done last on an instance. */
export interface LatestAttempt {
  readonly instanceId: string;
  readonly runId: string;
  /** null as long as it is open */
  readonly outcome: OutcomeKind | null;
  /** ISO 8601, UTC, or null as long as it is open */
  readonly finishedAt: string | null;
}

export function planKeyOf({ payload, mode, args, remotePath, sudo }: Plan): PlanKey {
  return { payloadDigest: payload.digest, mode, args, remotePath, ...(sudo === undefined ? {} : { sudo }) };
}

/** As whom is in the rest of the plan: in JSON a quotation mark that is not its own has a backslash in front. */
function ofKey({ sudo }: PlanKey): string {
  return `${OF_KEY} AND replace(runs.plan, @sudo, '') ${sudo === undefined ? '=' : '<>'} runs.plan`;
}

const OF_KEY = `runs JOIN attempts ON attempts.run_id = runs.id
  WHERE runs.payload_digest = @payloadDigest AND runs.mode = @mode
    AND runs.args = @args AND runs.remote_path IS NOT DISTINCT FROM @remotePath`;

/** One for each instance on which an attempt of such a plan succeeded. */
export function listSuccesses(database: Database, key: PlanKey): Success[] {
  const sql = `SELECT "instanceId", "runId", "finishedAt" FROM (
      SELECT instance_id AS "instanceId", run_id AS "runId", attempts.finished_at AS "finishedAt",
        ROW_NUMBER() OVER (PARTITION BY instance_id ORDER BY attempts.finished_at DESC) AS place
      FROM ${ofKey(key)} AND outcome = 'succeeded'
    ) AS ranked WHERE place = 1`;
  return database.all(sql, parametersOf(key)) as Success[];
}

/** Oldest run first. */
export function listShortfalls(database: Database, key: PlanKey): Shortfall[] {
  const sql = `SELECT instance_id AS "instanceId", run_id AS "runId", outcome, started_at AS "startedAt",
      attempts.finished_at AS "finishedAt", evidence
    FROM ${ofKey(key)} AND (outcome IS NULL OR outcome <> 'succeeded') ORDER BY runs.created_at, runs.number`;
  const rows = database.all(sql, parametersOf(key)) as (Omit<Shortfall, 'evidence'> & { evidence: string })[];
  return rows.map((row) => ({ ...row, evidence: parseEvidence(database, row.evidence) }));
}

/** One for each instance that a run was begun on. */
export function listLatest(database: Database): LatestAttempt[] {
  const sql = `SELECT instance_id AS "instanceId", run_id AS "runId", outcome, attempts.finished_at AS "finishedAt"
    FROM (
      SELECT instance_id AS latest, MAX(created_at) AS moment FROM runs JOIN attempts ON run_id = runs.id
      WHERE ${IS_BEGUN} GROUP BY instance_id
    ) AS newest
      JOIN runs ON runs.created_at = newest.moment
      JOIN attempts ON run_id = runs.id AND instance_id = latest
    WHERE ${IS_BEGUN} ORDER BY latest, runs.number`;
  // of several runs of the same moment the last one
  return [...new Map((database.all(sql) as LatestAttempt[]).map((row) => [row.instanceId, row])).values()];
}

const IS_BEGUN = `outcome IS DISTINCT FROM 'skipped'`;

/** Instances with an attempt that has not ended, and the run it belongs to; newest run first. */
export function listOpen(database: Database): Pick<LatestAttempt, 'instanceId' | 'runId'>[] {
  const sql = `SELECT instance_id AS "instanceId", run_id AS "runId" FROM runs JOIN attempts ON attempts.run_id = runs.id
    WHERE runs.finished_at IS NULL AND outcome IS NULL ORDER BY runs.created_at DESC, runs.number DESC`;
  return database.all(sql) as Pick<LatestAttempt, 'instanceId' | 'runId'>[];
}

function parseEvidence(database: Database, text: string): string[] {
  try {
    return JSON.parse(text) as string[];
  } catch (error) {
    throw brokenState(database.path, error);
  }
}

function parametersOf({ args, sudo, ...others }: PlanKey): Record<string, string | null> {
  const mark = '"sudo":';
  return { ...others, args: JSON.stringify(args), sudo: sudo === undefined ? mark : `${mark}${JSON.stringify(sudo)}` };
}
