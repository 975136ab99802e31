import { join } from 'node:path';
import type { Ledger } from '../run/ledger.ts';
import type { Clock } from '../util/clock.ts';
import { type AuditTable, auditTable } from './audit.ts';
import { type CreationTable, creationTable } from './creations.ts';
import { Database } from './database.ts';
import { deploymentTable } from './deployments.ts';
import type { DeploymentTable } from './deployments.ts';
import { instanceTable } from './instances.ts';
import type { InstanceTable } from './instances.ts';
import { type Forgetting, forgettingOf } from './forgetting.ts';
import { type JobTable, jobTable } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { migrate } from './migrate.ts';
import { payloadTable } from './payloads.ts';
import type { PayloadTable } from './payloads.ts';
import { runEnvironmentTable } from './run-environments.ts';
import type { RunEnvironmentTable } from './run-environments.ts';
import { type RunEventTable, runEventTable } from './run-events.ts';
import { runTable } from './runs.ts';
import type { RunTable } from './runs.ts';
import { ensureStateFile } from './state-file.ts';
import { syncTable } from './syncs.ts';
import type { SyncTable } from './syncs.ts';
import { taskTable } from './tasks.ts';
import type { TaskTable } from './tasks.ts';
import { type TokenTable, tokenTable } from './tokens.ts';
import { type WorkerTable, workerTable } from './workers.ts';

/** The open state file. */
export interface State {
  /** of the file, as made from the folder that was given */
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
  readonly jobs: JobTable;
  readonly workers: WorkerTable;
  /** All of `work` or nothing; what the tables write meanwhile is part of it. */
  atomically<Result>(work: () => Result): Result;
  close(): void;
}

export interface StateOptions {
  readonly clock: Clock;
  /** login name of whoever begins runs; without it they are nobody's */
  readonly user?: string;
}

/**
 * Opens `<stateDir>/state.db`; makes the folder and the file if they are not there and brings an older file up to date.
 * @throws SpotError `state-unreadable`, `state-broken`, `state-newer` or `state-busy` (all exit 78)
 */
export function openState(stateDir: string, options: StateOptions): State {
  const path = join(stateDir, 'state.db');
  ensureStateFile(path);
  const database = new Database(path);
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    path,
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
    workers: workerTable(database, options.clock),
    atomically: (work) => database.transaction(work),
    close: () => database.close(),
  };
}
