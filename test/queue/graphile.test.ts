import { describe, expect, onTestFinished, test } from 'vitest';
import { graphileQueue } from '../../src/service/queue/graphile.ts';
import { systemClock } from '../../src/util/clock.ts';
import { type Place, openStateAt } from './place.ts';
import { BACKENDS, onPostgres, openAt, queryAt } from './backends.ts';
import { Gate, keysOf, waitFor, Worker } from './working.ts';

describe.runIf(BACKENDS.includes(onPostgres))('the queue of graphile-worker', () => {
  test('gets its schema once, however many open it at the same time', async () => {
    const place = await onPostgres.newPlace();
    const opened = await Promise.all(Array.from({ length: 6 }, () => openAt(place)));
    const worker = await Worker.start((opened[0] as (typeof opened)[0]).queue, () => 'done');
    opened.forEach(({ queue }, index) => queue.add(keysOf(`rq${index}`, 1)));
    await waitFor('a key of each', () => worker.keys.length === 6);
  });

  test('goes on when all connections break while keys are worked on, and loses none', async () => {
    const place = await onPostgres.newPlace();
    const { queue } = await openAt(place);
    const gate = new Gate();
    const handled: string[] = [];
    await Worker.start(
      queue,
      async (key, { tries }) => {
        await gate.opened;
        if (tries === 1 && key === 'rq-0') return { putOffMs: 10 };
        handled.push(key);
        return 'done';
      },
      { concurrency: 4 },
    );
    queue.add(keysOf('rq', 8));
    await waitFor('four claims', () => queue.counts().claimed === 4);
    await queryAt(
      place,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    gate.open();
    await waitFor('all of them', () => new Set(handled).size === 8);
    queue.add(keysOf('after', 1));
    await waitFor('what comes later', () => handled.includes('after-0'));
    await waitFor('the queue to be empty', () => Object.values(queue.counts()).every((count) => count === 0));
  });

  test('keeps its locks, which the engine takes for forgotten after four hours', async () => {
    const place = await onPostgres.newPlace();
    const queue = await openWith(place, 50);
    const gate = new Gate();
    const worker = await Worker.start(queue, () => gate.opened.then(() => 'done'));
    onTestFinished(() => gate.open());
    queue.add(keysOf('rq', 1));
    await waitFor('the claim', () => worker.busy === 1);
    await queryAt(place, "UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '3 hours'");
    const age = "SELECT now() - locked_at < interval '1 hour' AS young FROM graphile_worker.jobs";
    await waitFor('the lock to be young', async () => (await queryAt(place, age))[0]?.['young'] === true);
  });

  test('has no last place', async () => {
    const place = await onPostgres.newPlace();
    const { queue } = await openAt(place);
    await queryAt(place, 'UPDATE spot.queue_place SET place = 1000000000');
    for (const request of ['a', 'b']) queue.add(keysOf(request, 2));
    const worker = await Worker.start(queue, () => 'done');
    await waitFor('all', () => worker.keys.length === 4);
    expect(worker.keys).toEqual(['a-0', 'b-0', 'a-1', 'b-1']);
  });
});

/** @param keepLocksEveryMs how often locks are renewed */
function openWith(place: Place, keepLocksEveryMs: number): ReturnType<typeof graphileQueue> {
  const state = openStateAt(place);
  onTestFinished(() => state.close());
  const { workers, graphileJobs: jobs } = state;
  const database = place.database ?? '';
  return graphileQueue({ jobs, workers, database, clock: systemClock, random: Math.random, keepLocksEveryMs });
}
