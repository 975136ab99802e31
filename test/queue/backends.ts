import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openQueue } from '../../src/service/queue/open.ts';
import type { JobQueue } from '../../src/service/queue/queue.ts';
import type { State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
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
    const stateDir = mkdtempSync(join(tmpdir(), 'spot-queue-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    return Promise.resolve({ stateDir, database: null });
  },
  rows: ({ stateDir }) => {
    const sql = 'SELECT (SELECT COUNT(*) FROM jobs) + (SELECT COUNT(*) FROM workers)';
    return Promise.resolve(
      withDriver(join(stateDir, 'state.db'), (driver) => driver.prepare(sql).pluck().get() as number),
    );
  },
};

export const BACKENDS: readonly Backend[] = [embedded];

/** Closed when the test is over. @param random in [0, 1): of the back-off */
export async function openAt(place: Place, random = Math.random): Promise<OpenQueue> {
  const state = openStateAt(place);
  onTestFinished(() => state.close());
  return { state, queue: await openQueue({ state, database: place.database, clock: systemClock, random }) };
}
