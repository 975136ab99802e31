import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { BACKENDS, openAt } from './backends.ts';
import { keysOf } from './working.ts';
import { finish, kill, WorkerProcesses } from './worker-process.ts';

const LEASE_MS = 500;
const KILLS = 5;

/** Enough for a machine that is busy with other tests. */
const PATIENCE_MS = 45_000;

describe.each(BACKENDS)('worker processes on one queue $name', (backend) => {
  test('carry out 1,000 keys, each once, while they are killed at random moments and replaced', async () => {
    const place = await backend.newPlace();
    const { queue } = await openAt(place);
    const processes = new WorkerProcesses(place, LEASE_MS);
    const workers = [await processes.start(), await processes.start()];
    for (let killed = 0; killed < KILLS; killed += 1) {
      for (let request = 0; request < 5; request += 1) queue.add(keysOf(`rq${killed}-${request}`, 1000 / KILLS / 5));
      const victim = workers.splice(Math.floor(Math.random() * 2), 1)[0] as (typeof workers)[0];
      await waitFor('it to be at something', () => processes.isAtSomething(victim), PATIENCE_MS);
      await sleep(Math.random() * 100);
      await kill(victim);
      workers.push(await processes.start());
    }
    await waitFor('all to be carried out', () => processes.receipts.length === 1000, PATIENCE_MS);
    const onlyWorkers = async (): Promise<boolean> => (await backend.rows(place)) === 2;
    await waitFor('only the rows of the workers to be left', onlyWorkers, PATIENCE_MS);
    await Promise.all(workers.map(finish));
    expect(processes.wrong).toEqual([]);
    expect(await backend.rows(place)).toBe(0);
  }, 120_000);

  test('lose what they have claimed when they do not renew their lease, and leave it to others', async () => {
    const place = await backend.newPlace();
    const { queue } = await openAt(place);
    const processes = new WorkerProcesses(place, LEASE_MS);
    const halted = await processes.start();
    queue.add(keysOf('stuck', 10));
    await waitFor('it to be at all keys', () => processes.held.length === 10, PATIENCE_MS);
    halted.kill('SIGSTOP');
    const other = await processes.start();
    await waitFor('the other one to carry them out', () => processes.receipts.length === 10, PATIENCE_MS);
    expect(processes.lost).toEqual([]);
    halted.kill('SIGCONT');
    await waitFor('the halted one to see it', () => processes.lost.includes(halted.pid ?? 0), PATIENCE_MS);
    queue.add(keysOf('more', 40));
    await waitFor('the others to be carried out', () => processes.receipts.length === 50, PATIENCE_MS);
    await waitFor('both to have a lease', async () => (await backend.rows(place)) === 2, PATIENCE_MS);
    await Promise.all([halted, other].map(finish));
    expect(await backend.rows(place)).toBe(0);
    expect(processes.wrong).toEqual([]);
  }, 120_000);
});
