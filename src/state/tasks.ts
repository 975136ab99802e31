import type { Problem } from '../model/errors.ts';
import type { Task, TaskStatus } from '../model/task.ts';
import { type Clock, isoTime } from '../util/clock.ts';
import type { Database } from './database.ts';
import { insertRows, type Row } from './insert-rows.ts';
import { lookUp } from './look-up.ts';
import { type NewestFirst, newestFirst } from './newest-first.ts';
import { problemColumns, type ProblemColumns, problemOf } from './problem-columns.ts';

export type TaskEnd = Extract<TaskStatus, 'completed' | 'failed' | 'cancelled'>;

export interface TaskQuery extends NewestFirst {
  /** null: of all deployments */
  readonly deploymentId: string | null;
  /** null: all of them */
  readonly status: TaskStatus | null;
}

/**
 * The steps of deployments: waiting → queued → running → an end; put-off ⇄ running in between. The first end counts: what
 * is told of a task that has ended changes nothing. They are made by `DeploymentTable.insert`.
 */
export interface TaskTable {
  find(id: string): Task | null;
  /** newest first */
  list(query: TaskQuery): Task[];
  /** in their order */
  ofDeployment(deploymentId: string): Task[];
  /** the same of several, by deployment */
  ofDeployments(deploymentIds: readonly string[]): Map<string, Task[]>;
  /** It runs, for one time more. */
  begin(id: string, workerId: string): void;
  /** @param dueAt ms since the epoch */
  putOff(id: string, dueAt: number, problem: Problem): void;
  /** The next of the chain becomes queued if this one is completed; else all that wait for it are cancelled with it. */
  end(id: string, status: TaskEnd, problem: Problem | null): void;
}

export function taskTable(database: Database, clock: Clock): TaskTable {
  const now = (): string => isoTime(clock.now());
  return {
    find: (id) => select(database, 'WHERE id = ?', id)[0] ?? null,
    list: (query) => listTasks(database, query),
    ofDeployment: (deploymentId) => select(database, 'WHERE deployment_id = ? ORDER BY position', deploymentId),
    ofDeployments: (deploymentIds) => tasksByDeployment(database, deploymentIds),
    begin: (id, workerId) => begin(database, id, workerId, now()),
    putOff: (id, dueAt, problem) => putOff(database, id, isoTime(dueAt), problem, now()),
    end: (id, status, problem) => database.transaction(() => endTask(database, id, { status, problem }, now())),
  };
}

const SELECTED = `id, deployment_id AS "deploymentId", kind, status, depends_on AS "dependsOn", tries, due_at AS "dueAt",
  worker_id AS "workerId", error_code AS "errorCode", error_message AS "errorMessage", created_at AS "createdAt",
  started_at AS "startedAt", updated_at AS "updatedAt", finished_at AS "finishedAt"`;

type TaskRow = Omit<Task, 'problem'> & ProblemColumns;

/** Only this program writes the table, so a row is taken at its word. */
function select(database: Database, where: string, ...parameters: unknown[]): Task[] {
  return toTasks(database.all(`SELECT ${SELECTED} FROM tasks ${where}`, ...parameters));
}

function toTasks(rows: readonly unknown[]): Task[] {
  return (rows as readonly TaskRow[]).map(({ errorCode, errorMessage, ...row }) => {
    return { ...row, problem: problemOf({ errorCode, errorMessage }) };
  });
}

function tasksByDeployment(database: Database, deploymentIds: readonly string[]): Map<string, Task[]> {
  const found = new Map<string, Task[]>(deploymentIds.map((id) => [id, []]));
  const sql = (places: string): string =>
    `SELECT ${SELECTED} FROM tasks WHERE deployment_id IN (${places}) ORDER BY deployment_id, position`;
  for (const task of toTasks(lookUp(database, deploymentIds, sql))) found.get(task.deploymentId)?.push(task);
  return found;
}

function listTasks(database: Database, { deploymentId, status, ...page }: TaskQuery): Task[] {
  return select(database, ...newestFirst({ deployment_id: deploymentId, status }, page));
}

const COLUMNS = [
  'id',
  'deployment_id',
  'position',
  'kind',
  'status',
  'depends_on',
  'tries',
  'due_at',
  'worker_id',
  'error_code',
  'error_message',
  'created_at',
  'started_at',
  'updated_at',
  'finished_at',
];

/** @param tasks those of a deployment in their order */
export function insertTasks(database: Database, tasks: readonly Task[]): void {
  const places = new Map<string, number>();
  const rows = tasks.map((task) => {
    const position = places.get(task.deploymentId) ?? 0;
    places.set(task.deploymentId, position + 1);
    return rowOf(task, position);
  });
  insertRows(database, 'tasks', COLUMNS, rows);
}

/** @param position in the chain of its deployment, from 0 */
function rowOf(task: Task, position: number): Row {
  return [
    task.id,
    task.deploymentId,
    position,
    task.kind,
    task.status,
    task.dependsOn,
    task.tries,
    task.dueAt,
    task.workerId,
    task.problem?.code ?? null,
    task.problem?.message ?? null,
    task.createdAt,
    task.startedAt,
    task.updatedAt,
    task.finishedAt,
  ];
}

function begin(database: Database, id: string, workerId: string, now: string): void {
  database.run(
    `UPDATE tasks SET status = 'running', tries = tries + 1, worker_id = @workerId, error_code = NULL,
       error_message = NULL, started_at = COALESCE(started_at, @startedAt), updated_at = @now
     WHERE id = @id AND finished_at IS NULL`,
    { id, workerId, startedAt: now, now },
  );
}

function putOff(database: Database, id: string, dueAt: string, problem: Problem, now: string): void {
  database.run(
    `UPDATE tasks SET status = 'put-off', due_at = @dueAt, error_code = @errorCode, error_message = @errorMessage,
       updated_at = @now
     WHERE id = @id AND finished_at IS NULL`,
    { id, dueAt, ...problemColumns(problem), now },
  );
}

interface End {
  readonly status: TaskEnd;
  readonly problem: Problem | null;
}

function endTask(database: Database, id: string, { status, problem }: End, now: string): void {
  const changes = database.run(
    `UPDATE tasks SET status = @status, error_code = @errorCode, error_message = @errorMessage, updated_at = @now,
       finished_at = @finishedAt
     WHERE id = @id AND finished_at IS NULL`,
    { id, status, ...problemColumns(problem), now, finishedAt: now },
  );
  if (changes === 0) return;
  if (status === 'completed') return queueNext(database, id, now);
  for (const next of select(database, 'WHERE depends_on = ?', id)) {
    endTask(database, next.id, { status: 'cancelled', problem }, now);
  }
}

function queueNext(database: Database, id: string, now: string): void {
  const sql = `UPDATE tasks SET status = 'queued', due_at = ?, updated_at = ? WHERE depends_on = ? AND status = 'waiting'`;
  database.run(sql, now, now, id);
}
