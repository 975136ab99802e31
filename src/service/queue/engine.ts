import { EventEmitter, once } from 'node:events';
import { type Job, Logger, type LogLevel, run, type Runner, runMigrations, type WorkerPool } from 'graphile-worker';
import { type EngineStatement, GRAPHILE_SCHEMA, GRAPHILE_TASK } from '../../state/graphile-jobs.ts';
import { pause } from '../../util/pause.ts';
import { Held } from './held.ts';
import type { WorkOptions } from './queue.ts';

/** Runs a statement on one of the engine's own connections. */
export type Query = (statement: EngineStatement) => Promise<Record<string, unknown>[]>;

export interface EngineRequest {
  /** a PostgreSQL URL */
  readonly database: string;
  readonly concurrency: number;
  /** Called before anything is claimed under that name. */
  readonly onNamed: (engineId: string) => void;
  /** What it throws leaves the job to others. */
  readonly handle: (job: Job, query: Query) => Promise<void>;
  /** It has ended by itself; called once, and not after `stop`. */
  readonly onEnded: (error: unknown) => void;
  readonly onProblem: WorkOptions['onProblem'];
}

export interface Engine {
  /** Has it look for jobs, as many as there are. */
  look(): void;
  /** Ids of the jobs that it is at, or was until a moment ago. */
  held(): string[];
  /** Resolves when nothing is being worked on. */
  stop(): Promise<void>;
}

/** Connections beside the one that listens: what is asked is short. */
const MAX_CONNECTIONS = 10;

/** Each worker of the engine looks by itself so often, ms; `look` is what it depends on. */
const OWN_LOOK_MS = 60_000;

/** Two processes that make the schema at once may be in each other's way. */
const MIGRATION_TRIES = 5;
const MIGRATE_AGAIN_MS = 500;

/** Makes or updates the engine's schema. @throws the driver's errors */
export async function migrateEngine(database: string): Promise<void> {
  const logger = new Logger(() => () => undefined);
  for (let tries = 1; ; tries += 1) {
    try {
      return await runMigrations({ connectionString: database, schema: GRAPHILE_SCHEMA, logger });
    } catch (error) {
      if (tries === MIGRATION_TRIES) throw error;
      await pause(MIGRATE_AGAIN_MS);
    }
  }
}

/** @throws the driver's errors */
export async function startEngine(request: EngineRequest): Promise<Engine> {
  let pool: WorkerPool | null = null;
  let isOver = false;
  const events = new EventEmitter();
  events.on('pool:create', ({ workerPool }: { workerPool: WorkerPool }) => {
    request.onNamed(workerPool.id);
    pool = workerPool;
  });
  events.on('pool:gracefulShutdown', () => (pool = null));
  // it stops then, but may never be done with it: github.com/graphile/worker/issues/636
  const broken = once(events, 'pool:fatalError').then(([event]: { error: unknown }[]): unknown => event?.error);
  const look = (): void => pool?.nudge(1);
  const held = new Held();
  const handle: EngineRequest['handle'] = (job, query) => held.while(job.id, request.handle(job, query));
  const runner = await run(optionsOf({ ...request, handle }, events, look));
  const ended = Promise.race([broken, endOf(runner)]);
  void ended.then((error) => {
    if (!isOver) request.onEnded(error);
  });
  return {
    look,
    held: () => held.ids(),
    stop: async () => {
      isOver = true;
      await Promise.race([broken, stopRunner(runner).then(() => ended)]);
      await held.idle();
    },
  };
}

/** Why it ended by itself; null where it was stopped. */
function endOf(runner: Runner): Promise<unknown> {
  return runner.promise.then(
    () => null,
    (error: unknown) => error,
  );
}

function optionsOf(request: EngineRequest, events: EventEmitter, look: () => void): Parameters<typeof run>[0] {
  const { database, concurrency, handle, onProblem } = request;
  return {
    connectionString: database,
    schema: GRAPHILE_SCHEMA,
    concurrency,
    maxPoolSize: Math.min(concurrency, MAX_CONNECTIONS) + 1,
    pollInterval: OWN_LOOK_MS,
    noHandleSignals: true,
    parsedCronItems: [],
    events,
    logger: new Logger(() => report(onProblem)),
    // without a batch, a job whose end cannot be written is an unhandled rejection
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: {
      [GRAPHILE_TASK]: (_payload, helpers) => {
        // where there is one there may be more
        look();
        return handle(helpers.job, async ({ text, values }) => (await helpers.query(text, values)).rows);
      },
    },
  };
}

/** Jobs that fail have been told of already; warnings are about settings that are meant. */
function report(onProblem: WorkOptions['onProblem']) {
  return (
    level: `${LogLevel}`,
    message: string,
    meta?: { readonly failure?: unknown; readonly error?: unknown },
  ): void => {
    if (level === 'error' && meta?.failure === undefined) onProblem(`graphile-worker: ${message}`, meta?.error);
  };
}

/** It refuses where it has ended by itself. */
async function stopRunner(runner: Runner): Promise<void> {
  await runner.stop().catch(() => undefined);
}
