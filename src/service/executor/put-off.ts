import type { Problem } from '../../model/errors.ts';
import type { Task } from '../../model/task.ts';
import type { State } from '../../state/state.ts';
import type { Clock } from '../../util/clock.ts';
import type { Disposition } from '../queue/queue.ts';

/** The first time a task is put off, and the longest time, ms; each is twice the one before. */
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** So much of it is chance, that many do not come back at once. */
const CHANCE = 0.2;

/**
 * @param tries how often the task was begun, from 1
 * @param random in [0, 1)
 * @returns ms
 */
export function putOffMs(tries: number, random: () => number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 10));
  return Math.round(longest * (1 - CHANCE * random()));
}

/** Not now: the task is tried again later, and says why. */
export function putOff(
  task: Task,
  problem: Problem,
  {
    state,
    clock,
    random,
  }: { readonly state: Pick<State, 'tasks'>; readonly clock: Clock; readonly random: () => number },
): Disposition {
  const ms = putOffMs(task.tries, random);
  state.tasks.putOff(task.id, clock.now() + ms, problem);
  return { putOffMs: ms };
}
