import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { openQueue } from '../../src/service/queue/open.ts';
import type { JobQueue } from '../../src/service/queue/queue.ts';
import type { State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import { hasPostgres, type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { withDriver } from '../state/support.ts';
import { openStateAt, type Place } from './place.ts';

export interface Backend {
  readonly name: string;
  /** One that is empty, for one test. */
  newPlace(): Promise<Place>;
  /** rows in the tables of the queue, those of workers counted */
  rows(place: Place): Promise<number>;
}

export interface OpenQueue {
  readonly state: State;
  readonly queue: JobQueue;
}

export const embedded: Backend = {
  name: 'in the state file',
  newPlace: () => {
    return Promise.resolve({ stateDir: tempDir(), database: null });
  },
  rows: ({ stateDir }) => {
    const sql = 'SELECT (SELECT COUNT(*) FROM jobs) + (SELECT COUNT(*) FROM workers)';
    return Promise.resolve(
      withDriver(join(stateDir, 'state.db'), (driver) => driver.prepare(sql).pluck().get() as number),
    );
  },
};

let server: Promise<PostgresServer> | null = null;

export const onPostgres: Backend = {
  name: 'of graphile-worker on PostgreSQL',
  newPlace: async () => {
    server ??= startPostgres();
    return { stateDir: tempDir(), database: await (await server).newDatabase() };
  },
  rows: async (place) => {
    const sql = 'SELECT (SELECT COUNT(*) FROM graphile_worker.jobs) + (SELECT COUNT(*) FROM spot.workers) AS count';
    return Number((await queryAt(place, sql))[0]?.['count']);
  },
};

/** Does what another program would do, as the superuser. */
export async function queryAt({ database }: Place, sql: string): Promise<Record<string, unknown>[]> {
  return (await (await server)?.query(sql, database ?? '')) ?? [];
}

afterAll(async () => (await server)?.close());

/** The global setup has said so aloud where PostgreSQL is not there. */
export const BACKENDS: readonly Backend[] = hasPostgres() ? [embedded, onPostgres] : [embedded];

/** Closed when the test is over. @param random in [0, 1): of the back-off */
export async function openAt(place: Place, random = Math.random): Promise<OpenQueue> {
  const state = openStateAt(place);
  onTestFinished(() => state.close());
  return { state, queue: await openQueue({ state, database: place.database, clock: systemClock, random }) };
}
