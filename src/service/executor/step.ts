import type { Disposition } from '../queue/queue.ts';
import type { ExecutorDeps } from './deps.ts';
import type { Loads } from './loads.ts';

/** What comes of one step; null: the next one can be taken. */
export type Step = Disposition | null;

/** It was left, and is due again at once, for whoever claims it. */
export const GIVEN_BACK: Disposition = { putOffMs: 0 };

/** What it takes to bring a deployment further. */
export interface StepDeps extends ExecutorDeps {
  readonly loads: Loads;
}
