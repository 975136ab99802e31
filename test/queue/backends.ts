import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openQueue } from '../../src/service/queue/open.ts';
import type { JobQueue } from '../../src/service/queue/queue.ts';
import { openState, type State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';

/** Where a queue is, for those who open it. */
export interface Place {
  readonly stateDir: string;
  readonly database: string | null;
}

export interface Backend {
  readonly name: string;
  /** One that is empty, for one test. */
  newPlace(): Promise<Place>;
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
};

export const BACKENDS: readonly Backend[] = [embedded];

/** Closed when the test is over. @param random in [0, 1): of the back-off */
export async function openAt({ stateDir, database }: Place, random = Math.random): Promise<OpenQueue> {
  const state = openState(stateDir, { clock: systemClock });
  onTestFinished(() => state.close());
  return { state, queue: await openQueue({ state, database, clock: systemClock, random }) };
}
