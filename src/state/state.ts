import { join } from 'node:path';
import type { Ledger } from '../run/ledger.ts';
import type { Clock } from '../util/clock.ts';
import { type AuditTable, auditTable } from './audit.ts';
import { type CreationTable, creationTable } from './creations.ts';
import { type Client, currentClient, isAlive, nameOfClient } from './client.ts';
import type { Database } from './database.ts';
import { deploymentTable } from './deployments.ts';
import type { DeploymentTable } from './deployments.ts';
import { instanceTable } from './instances.ts';
import type { InstanceTable } from './instances.ts';
import { type Forgetting, forgettingOf } from './forgetting.ts';
import { type GraphileJobTable, graphileJobTable } from './graphile-jobs.ts';
import { type JobTable, jobTable } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import { payloadTable } from './payloads.ts';
import type { PayloadTable } from './payloads.ts';
import { runEnvironmentTable } from './run-environments.ts';
import type { RunEnvironmentTable } from './run-environments.ts';
import { type RunEventTable, runEventTable } from './run-events.ts';
import { runTable } from './runs.ts';
import type { RunTable } from './runs.ts';
import { PostgresDatabase } from './postgres/postgres-database.ts';
import { SqliteDatabase } from './sqlite/sqlite-database.ts';
import { ensureStateFile, isThere, makeStateFolder } from './sqlite/state-file.ts';
import { syncTable } from './syncs.ts';
import type { SyncTable } from './syncs.ts';
import { taskTable } from './tasks.ts';
import type { TaskTable } from './tasks.ts';
import { type TokenTable, tokenTable } from './tokens.ts';
import { type WorkerTable, workerTable } from './workers.ts';

/** The open state. */
export interface State {
  /** where it is, for messages: the file, as made from the folder that was given, or the database without its password */
  readonly path: string;
  readonly instances: InstanceTable;
  readonly runs: RunTable;
  readonly payloads: PayloadTable;
  readonly creations: CreationTable;
  readonly syncs: SyncTable;
  readonly tokens: TokenTable;
  readonly audit: AuditTable;
  readonly ledger: Ledger;
  readonly forgetting: Forgetting;
  readonly deployments: DeploymentTable;
  readonly tasks: TaskTable;
  readonly environments: RunEnvironmentTable;
  readonly runEvents: RunEventTable;
  /** the queue of one machine, where the state is in a file */
  readonly jobs: JobTable;
  /** the queue of graphile-worker, where the state is in PostgreSQL */
  readonly graphileJobs: GraphileJobTable;
  readonly workers: WorkerTable;
  /** All of `work` or nothing; what the tables write meanwhile is part of it. */
  atomically<Result>(work: () => Result): Result;
  /**
   * Whether that process still runs: as the kernel tells, or, of a process that shares the database from elsewhere, as long as
   * it is connected to it.
   */
  isAlive(client: Client): boolean;
  close(): void;
}

export interface StateOptions {
  readonly clock: Clock;
  /** login name of whoever begins runs; without it they are nobody's */
  readonly user?: string;
  /** URL of the PostgreSQL database that holds the state; without it, or with null, it is in a file */
  readonly database?: string | null;
}

/**
 * Opens the database, or else `<stateDir>/state.db`; makes the folder and the file if they are not there, and brings an
 * older schema up to date.
 * @throws SpotError `state-unreadable`, `state-broken`, `state-newer`, `state-busy`, `database-unreachable` or
 *   `database-refused` (all exit 78)
 */
export function openState(stateDir: string, options: StateOptions): State {
  return migratedStateOf(openDatabase(stateDir, options.database ?? null), options);
}

/**
 * Opens what is there, and makes no folder and no file.
 * @returns null where there is no state yet
 * @throws SpotError as `openState` does
 */
export function openExistingState(stateDir: string, options: StateOptions): State | null {
  const url = options.database ?? null;
  if (url !== null) return migratedStateOf(new PostgresDatabase(url, nameOfClient(currentClient())), options);
  const path = join(stateDir, 'state.db');
  return isThere(path) ? migratedStateOf(new SqliteDatabase(path), options) : null;
}

function migratedStateOf(database: Database, options: StateOptions): State {
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return stateOf(database, options);
}

/**
 * Opens a state file that is there, and changes nothing about it.
 * @returns null where its schema is another one
 * @throws SpotError as `openState`
 */
export function viewState(path: string, options: StateOptions): State | null {
  const database = new SqliteDatabase(path);
  if (database.schemaVersion() === MIGRATIONS.length) return stateOf(database, options);
  database.close();
  return null;
}

function stateOf(database: Database, options: StateOptions): State {
  return {
    path: database.path,
    instances: instanceTable(database, options.clock),
    runs: runTable(database),
    payloads: payloadTable(database, options.clock),
    creations: creationTable(database, options.clock),
    syncs: syncTable(database),
    tokens: tokenTable(database, options.clock),
    audit: auditTable(database, options.clock),
    ledger: createLedger(database, options.clock, options.user ?? null),
    forgetting: forgettingOf(database),
    deployments: deploymentTable(database, options.clock),
    tasks: taskTable(database, options.clock),
    environments: runEnvironmentTable(database),
    runEvents: runEventTable(database),
    jobs: jobTable(database, options.clock),
    graphileJobs: graphileJobTable(database, options.clock),
    workers: workerTable(database, options.clock),
    atomically: (work) => database.transaction(work),
    isAlive: (client) => isAlive(client, database),
    close: () => database.close(),
  };
}

function openDatabase(stateDir: string, url: string | null): Database {
  if (url !== null) {
    // archives and logs are kept there all the same
    makeStateFolder(stateDir);
    return new PostgresDatabase(url, nameOfClient(currentClient()));
  }
  const path = join(stateDir, 'state.db');
  ensureStateFile(path);
  return new SqliteDatabase(path);
}
