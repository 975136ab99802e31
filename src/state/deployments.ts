import type { Deployment, DeploymentOrder, DeploymentStatus } from '../model/deployment.ts';
import type { Task } from '../model/task.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import type { Database } from './database.ts';
import { insertRows, type Row } from './insert-rows.ts';
import { type NewestFirst, newestFirst } from './newest-first.ts';
import { problemColumns, type ProblemColumns, problemOf } from './problem-columns.ts';
import { lookUp } from './look-up.ts';
import { brokenState } from './state-error.ts';
import { insertTasks } from './tasks.ts';

/** How a deployment came to its end. */
export type DeploymentEnd = Pick<
  Deployment,
  'status' | 'executed' | 'executionMs' | 'output' | 'errorOutput' | 'problem'
>;

export interface DeploymentQuery extends NewestFirst {
  /** null: of all instances */
  readonly instanceId: string | null;
}

/**
 * What the service was asked for, one row for each instance. A status goes forward only, and the first end counts: what is
 * told of a deployment that has finished changes nothing.
 */
export interface DeploymentTable {
  /** All of them, with their tasks, or none; in the caller's transaction if there is one. */
  insert(deployments: readonly Deployment[], tasks: readonly Task[]): void;
  find(id: string): Deployment | null;
  /** newest first */
  list(query: DeploymentQuery): Deployment[];
  /** whether a run is, or was, one of the service */
  isRunKnown(runId: string): boolean;
  /** in the order of the request */
  ofRun(runId: string): Deployment[];
  /**
   * Writes down how far it has come. A status that it has passed already is left out; ends are for `finish`.
   * @returns false where it has finished
   */
  advance(id: string, change: Partial<Pick<Deployment, 'instanceId' | 'runId' | 'status'>>): boolean;
  /**
   * @param end its status is `completed` or `failed`
   * @returns whether this is the end that counts
   */
  finish(id: string, end: DeploymentEnd): boolean;
  /**
   * Whoever wants it first is on record.
   * @returns false where it has finished
   */
  wantCancelled(id: string, by: string): boolean;
  /** how many there are, by status; none: it is left out */
  counts(): ReadonlyMap<DeploymentStatus, number>;
  /** who wants the end of which of these, as far as they have not finished */
  cancelledAmong(ids: readonly string[]): Map<string, string>;
  /** of a run: ids of those that have not finished, by instance */
  openOfRun(runId: string): Map<string, string>;
  /** Removes finished ones that never came to a run, at most so many. @param keep so many stay, the newest ones */
  forgetWithoutRun(keep: number, most: number): void;
}

export function deploymentTable(database: Database, clock: Clock): DeploymentTable {
  const now = (): string => isoTime(clock.now());
  return {
    insert: (deployments, tasks) =>
      database.transaction(() => {
        insertRows(database, 'deployments', COLUMNS, deployments.map(rowOf));
        insertTasks(database, tasks);
      }),
    find: (id) => select(database, 'WHERE id = ?', id)[0] ?? null,
    list: (query) => listDeployments(database, query),
    isRunKnown: (runId) => {
      return database.get('SELECT 1 AS one FROM deployments WHERE run_id = ? LIMIT 1', runId) !== undefined;
    },
    ofRun: (runId) => select(database, 'WHERE run_id = ? ORDER BY id', runId),
    advance: (id, change) => advance(database, id, change, now()),
    finish: (id, end) => finish(database, id, end, now()),
    wantCancelled: (id, by) =>
      database.run(
        `UPDATE deployments SET cancelled_by = COALESCE(cancelled_by, ?), updated_at = ?
         WHERE id = ? AND finished_at IS NULL`,
        by,
        now(),
        id,
      ) > 0,
    counts: () => countByStatus(database),
    cancelledAmong: (ids) => {
      const rows = lookUp(database, ids, (places) => `${CANCELLED} AND id IN (${places})`);
      return new Map((rows as { id: string; by: string }[]).map(({ id, by }) => [id, by]));
    },
    openOfRun: (runId) => {
      const rows = database.all(OPEN_OF_RUN, runId) as { id: string; instanceId: string }[];
      return new Map(rows.map(({ id, instanceId }) => [instanceId, id]));
    },
    forgetWithoutRun: (keep, most) => {
      database.run(FORGET_WITHOUT_RUN, most, keep);
    },
  };
}

const CANCELLED =
  'SELECT id, cancelled_by AS by FROM deployments WHERE cancelled_by IS NOT NULL AND finished_at IS NULL';

const OPEN_OF_RUN = `SELECT id, instance_id AS "instanceId" FROM deployments
  WHERE run_id = ? AND instance_id IS NOT NULL AND finished_at IS NULL`;

const FORGET_WITHOUT_RUN = `DELETE FROM deployments WHERE id IN (
  SELECT id FROM deployments WHERE run_id IS NULL AND finished_at IS NOT NULL ORDER BY id DESC LIMIT ? OFFSET ?)`;

const SELECTED = `id, request_id AS "requestId", requested_by AS "requestedBy", instance_id AS "instanceId",
  run_id AS "runId", orders, status, executed, execution_ms AS "executionMs", output, error_output AS "errorOutput",
  error_code AS "errorCode", error_message AS "errorMessage", cancelled_by AS "cancelledBy", created_at AS "createdAt",
  updated_at AS "updatedAt", finished_at AS "finishedAt"`;

interface DeploymentRow extends Omit<Deployment, 'order' | 'executed' | 'problem'>, ProblemColumns {
  /** JSON */
  readonly orders: string;
  readonly executed: number;
}

function select(database: Database, where: string, ...parameters: unknown[]): Deployment[] {
  const rows = database.all(`SELECT ${SELECTED} FROM deployments ${where}`, ...parameters);
  return (rows as DeploymentRow[]).map((row) => toDeployment(database, row));
}

/** Only this program writes the table, so a row is taken at its word; its JSON must be JSON, though. */
function toDeployment(database: Database, row: DeploymentRow): Deployment {
  const { orders, executed, errorCode, errorMessage, ...rest } = row;
  try {
    const order = JSON.parse(orders) as DeploymentOrder;
    return { ...rest, order, executed: executed === 1, problem: problemOf({ errorCode, errorMessage }) };
  } catch (error) {
    throw brokenState(database.path, error);
  }
}

function countByStatus(database: Database): Map<DeploymentStatus, number> {
  const rows = database.all('SELECT status, COUNT(*) AS number FROM deployments GROUP BY status');
  return new Map(
    (rows as { status: DeploymentStatus; number: number }[]).map(({ status, number }) => [status, number]),
  );
}

function listDeployments(database: Database, { instanceId, ...page }: DeploymentQuery): Deployment[] {
  return select(database, ...newestFirst({ instance_id: instanceId }, page));
}

const COLUMNS = [
  'id',
  'request_id',
  'requested_by',
  'instance_id',
  'run_id',
  'orders',
  'status',
  'executed',
  'execution_ms',
  'output',
  'error_output',
  'error_code',
  'error_message',
  'cancelled_by',
  'created_at',
  'updated_at',
  'finished_at',
];

function rowOf(one: Deployment): Row {
  return [
    one.id,
    one.requestId,
    one.requestedBy,
    one.instanceId,
    one.runId,
    JSON.stringify(one.order),
    one.status,
    one.executed ? 1 : 0,
    one.executionMs,
    one.output,
    one.errorOutput,
    one.problem?.code ?? null,
    one.problem?.message ?? null,
    one.cancelledBy,
    one.createdAt,
    one.updatedAt,
    one.finishedAt,
  ];
}

/** In their order; a deployment that is open has one of them. */
const OPEN_STATUSES: readonly DeploymentStatus[] = ['pending', 'transferred', 'executing'];
const RANK = `CASE status ${OPEN_STATUSES.map((status, rank) => `WHEN '${status}' THEN ${rank}`).join(' ')} END`;

function advance(
  database: Database,
  id: string,
  { instanceId = null, runId = null, status = 'pending' }: Parameters<DeploymentTable['advance']>[1],
  now: string,
): boolean {
  const rank = OPEN_STATUSES.indexOf(status);
  if (rank < 0) throw new Error(`${status} is the end of a deployment, and no step of it`);
  const changes = database.run(
    `UPDATE deployments SET instance_id = COALESCE(@instanceId, instance_id), run_id = COALESCE(@runId, run_id),
       status = CASE WHEN @rank > ${RANK} THEN @status ELSE status END, updated_at = @now
     WHERE id = @id AND finished_at IS NULL`,
    { id, instanceId, runId, rank, status, now },
  );
  return changes > 0;
}

function finish(database: Database, id: string, end: DeploymentEnd, now: string): boolean {
  const { status, executed, executionMs, output, errorOutput, problem } = end;
  if (OPEN_STATUSES.includes(status)) throw new Error(`${status} is not the end of a deployment`);
  const changes = database.run(
    `UPDATE deployments SET status = @status, executed = @executed, execution_ms = @executionMs, output = @output,
       error_output = @errorOutput, error_code = @errorCode, error_message = @errorMessage, updated_at = @now,
       finished_at = @finishedAt
     WHERE id = @id AND finished_at IS NULL`,
    {
      id,
      status,
      executed: executed ? 1 : 0,
      executionMs,
      output,
      errorOutput,
      ...problemColumns(problem),
      now,
      finishedAt: now,
    },
  );
  return changes > 0;
}
