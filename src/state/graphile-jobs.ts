import type { Database } from './database.ts';
import { livingEngineIds, removeExpired, timeOf } from './workers.ts';
import type { Clock } from '../util/clock.ts';

/**
 * The queue of graphile-worker, in the same database as the state. It takes jobs by priority, which has no more than 65,536
 * values, and then by the time they are due, in microseconds; therefore a place in the line is such a time, long past. What
 * is put off comes before the line, at the time it is due, to be given a place of its own. A job that is put off, or gets
 * another place, is a new one with the old one's key: that is what the engine makes of a job that is added while it is
 * locked, and the old one, which has no key any more, goes when its worker is through with it.
 */
export interface GraphileJobTable {
  /** A key that is there already stays as it is. */
  add(jobs: readonly { readonly key: string; readonly requestId: string; readonly dueAt: number }[]): void;
  /** Due at once; one that is being worked on: when it is put off. */
  wake(key: string): void;
  /** Frees what is locked by an engine of no living worker, and takes away the rows of those whose lease has run out. */
  freeLost(): void;
  /**
   * Frees what an engine has locked and knows nothing of, as it never got the answer: it cannot end it.
   * @param held ids of the jobs it is at
   */
  freeStray(engineId: string, held: readonly string[]): void;
  counts(): { readonly due: number; readonly putOff: number; readonly claimed: number };
}

/** What is written in a job, besides its key. */
export interface GraphilePayload {
  readonly requestId: string;
  /** null: it was put off */
  readonly place: number | null;
  /** how often it was claimed under this key before this job was made */
  readonly tries: number;
}

/** The engine's schema and its task of ours. */
export const GRAPHILE_SCHEMA = 'graphile_worker';
export const GRAPHILE_TASK = 'spot';

/** The engine gives a job up after so many tries: more than it can have. */
const MAX_ATTEMPTS = 32_767;

const PRIORITY = { putOff: -1, line: 0 };

/** The engine's jobs, as it shows them to others, and the one we know by the key. */
const JOBS = `${GRAPHILE_SCHEMA}.jobs`;

export function graphileJobTable(database: Database, clock: Clock): GraphileJobTable {
  return {
    add: (jobs) => database.transaction(() => addJobs(database, jobs, clock.now())),
    wake: (key) =>
      database.transaction(() => {
        // the engine counts a revision of a job that is locked, too: that is seen when it is put off
        if (database.get(REVISE, key) !== undefined) database.get(DUE_NOW, key);
      }),
    freeLost: () => freeLost(database, clock),
    freeStray: (engineId, held) => void database.run(FREE_STRAY, engineId, held),
    counts: () => countJobs(database, clock),
  };
}

const REVISE = `SELECT revised.id FROM ${JOBS} AS job,
  LATERAL ${GRAPHILE_SCHEMA}.add_job('${GRAPHILE_TASK}', job_key := job.key, job_key_mode := 'unsafe_dedupe') AS revised
  WHERE job.key = ?`;

const DUE_NOW = `SELECT moved.id FROM ${JOBS} AS job,
  LATERAL ${GRAPHILE_SCHEMA}.reschedule_jobs(ARRAY[job.id], run_at := now()) AS moved
  WHERE job.key = ? AND job.priority = ${PRIORITY.putOff} AND job.run_at > now()`;

function addJobs(database: Database, jobs: Parameters<GraphileJobTable['add']>[0], now: number): void {
  const { place, additions } = database.get(COUNT_ADDITION) as { place: number; additions: number };
  const next = new Map<string, number>();
  const specs = new Map<string, object>();
  for (const { key, requestId, dueAt } of jobs) {
    if (dueAt > now) {
      const runAt = new Date(dueAt).toISOString();
      specs.set(key, specOf(key, { requestId, place: null, tries: 0 }, PRIORITY.putOff, runAt));
      continue;
    }
    const own = next.get(requestId) ?? place + 1;
    next.set(requestId, own + 1);
    const payload = { requestId, place: own, tries: 0 };
    specs.set(key, specOf(key, payload, PRIORITY.line, timeOfPlace(own, additions)));
  }
  if (specs.size > 0) database.get(ADD, JSON.stringify([...specs.values()]));
}

const COUNT_ADDITION = 'UPDATE queue_place SET additions = additions + 1 RETURNING place, additions';

const ADD = `SELECT COUNT(*) AS count FROM ${GRAPHILE_SCHEMA}.add_jobs(ARRAY(
  SELECT spec FROM json_populate_recordset(NULL::${GRAPHILE_SCHEMA}.job_spec, ?::json) AS spec
  WHERE NOT EXISTS (SELECT 1 FROM ${JOBS} AS job WHERE job.key = spec.job_key)))`;

function specOf(key: string, payload: GraphilePayload, priority: number, runAt: string): object {
  return { identifier: GRAPHILE_TASK, payload, run_at: runAt, max_attempts: MAX_ATTEMPTS, job_key: key, priority };
}

/** The line has as many seconds as have passed since then. */
const LINE_BEGINS = Date.parse('0001-01-01T00:00:00Z');

/**
 * A second for each place; within it those who came later come later.
 * @param order counts up; 0 comes first
 */
function timeOfPlace(place: number, order: number): string {
  const second = new Date(LINE_BEGINS + place * 1000).toISOString().slice(0, 19);
  return `${second}.${String(order % 1e6).padStart(6, '0')}Z`;
}

/** Names of engines that have locked something. */
const LOCKING = `SELECT locked_by AS "engineId", COUNT(key) AS keys FROM ${JOBS}
  WHERE locked_by IS NOT NULL AND task_identifier = '${GRAPHILE_TASK}' GROUP BY locked_by`;

interface Locking {
  readonly engineId: string;
  readonly keys: number;
}

/** Locks are read before the workers: an engine is in a worker's row before it locks anything. */
function freeLost(database: Database, clock: Clock): void {
  const locking = database.all(LOCKING) as Locking[];
  const now = timeOf(database, clock);
  const deadOnes = (): string[] => {
    const living = livingEngineIds(database, now);
    return locking.map(({ engineId }) => engineId).filter((engineId) => !living.has(engineId));
  };
  const hasExpired = database.get('SELECT 1 AS one FROM workers WHERE lease_until <= ?', now) !== undefined;
  if (!hasExpired && deadOnes().length === 0) return;
  database.transaction(() => {
    removeExpired(database, now, null);
    database.get(`SELECT ${GRAPHILE_SCHEMA}.force_unlock_workers(?::text[])`, deadOnes());
    database.get(REMOVE_KEYLESS);
  });
}

/** What dead workers have left of jobs that they had put off. */
const REMOVE_KEYLESS = `SELECT COUNT(*) AS count FROM ${GRAPHILE_SCHEMA}.complete_jobs(ARRAY(
  SELECT id FROM ${JOBS} WHERE key IS NULL AND locked_by IS NULL AND task_identifier = '${GRAPHILE_TASK}'))`;

/** The answer may be on its way: a lock that is young is left alone. Of the table, see keepLockStatement. */
const FREE_STRAY = `UPDATE ${GRAPHILE_SCHEMA}._private_jobs SET locked_by = NULL, locked_at = NULL
  WHERE locked_by = ? AND locked_at < now() - interval '10 seconds' AND NOT id = ANY(?::bigint[])`;

const FREE = `SELECT COUNT(CASE WHEN run_at <= now() THEN 1 END) AS due, COUNT(CASE WHEN run_at > now() THEN 1 END) AS "putOff"
  FROM ${JOBS} WHERE key IS NOT NULL AND locked_by IS NULL AND task_identifier = '${GRAPHILE_TASK}'`;

function countJobs(database: Database, clock: Clock): ReturnType<GraphileJobTable['counts']> {
  const locking = database.all(LOCKING) as Locking[];
  const { due, putOff } = database.get(FREE) as { due: number; putOff: number };
  const living = livingEngineIds(database, timeOf(database, clock));
  const keysOf = (isLiving: boolean): number =>
    locking.filter(({ engineId }) => living.has(engineId) === isLiving).reduce((sum, { keys }) => sum + keys, 0);
  return { due: due + keysOf(false), putOff, claimed: keysOf(true) };
}

/** A statement for the engine's own connections, which do not keep the event loop waiting. */
export interface EngineStatement {
  readonly text: string;
  readonly values: unknown[];
}

/** A job that an engine has locked. */
export interface LockedJob {
  readonly id: string;
  readonly key: string;
  readonly engineId: string;
  /** when it was claimed */
  readonly revision: number;
  readonly payload: GraphilePayload;
}

/** Once more is no harm: the job has lost its key by then. */
export function putOffStatement(job: LockedJob, delayMs: number): EngineStatement {
  return againStatement(job, "now() + $5 * interval '1 millisecond'", delayMs, PRIORITY.putOff);
}

export function lineUpStatement(job: LockedJob, place: number): EngineStatement {
  return againStatement(job, '$5::timestamptz', timeOfPlace(place, 0), PRIORITY.line);
}

function againStatement(job: LockedJob, runAt: string, time: unknown, priority: number): EngineStatement {
  const text = `SELECT added.id FROM ${JOBS} AS job, LATERAL ${GRAPHILE_SCHEMA}.add_job('${GRAPHILE_TASK}', payload := $4::json,
    run_at := ${runAt}, max_attempts := ${MAX_ATTEMPTS}, job_key := job.key, priority := ${priority}) AS added
    WHERE job.id = $1::bigint AND job.key = $2 AND job.locked_by = $3`;
  return { text, values: [job.id, job.key, job.engineId, JSON.stringify(job.payload), time] };
}

/** What was put off is due at once where it was woken meanwhile. */
export function wokenStatement(job: LockedJob): EngineStatement {
  const text = `SELECT moved.id FROM ${JOBS} AS former, ${JOBS} AS job,
    LATERAL ${GRAPHILE_SCHEMA}.reschedule_jobs(ARRAY[job.id], run_at := now()) AS moved
    WHERE former.id = $1::bigint AND former.revision <> $2 AND job.key = $3`;
  return { text, values: [job.id, job.revision, job.key] };
}

/** The queue is at that place, or further on. Gives its `place`. */
export function placeStatement(place: number): EngineStatement {
  const text = 'UPDATE spot.queue_place SET place = GREATEST(place, $1::bigint) RETURNING place';
  return { text, values: [place] };
}

/**
 * The engine takes a lock for forgotten after four hours, and has no function to renew one: what takes longer would be
 * started a second time. Its table is no promise to others, so that a test holds this.
 */
export function keepLockStatement(job: LockedJob): EngineStatement {
  const text = `UPDATE ${GRAPHILE_SCHEMA}._private_jobs SET locked_at = now() WHERE id = $1::bigint AND locked_by = $2`;
  return { text, values: [job.id, job.engineId] };
}
