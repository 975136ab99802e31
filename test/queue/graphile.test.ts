import { describe, expect, onTestFinished, test } from 'vitest';
import { graphileQueue } from '../../src/service/queue/graphile.ts';
import type { Disposition } from '../../src/service/queue/queue.ts';
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

  test('begins again where the end of a job cannot be written, and stops as ever', async () => {
    const place = await onPostgres.newPlace();
    const { queue } = await openAt(place);
    const gates = new Map(keysOf('rq', 4).map(({ key }) => [key, new Gate()]));
    const handled: string[] = [];
    const handler = async (key: string): Promise<Disposition> => {
      await gates.get(key)?.opened;
      handled.push(key);
      return 'done';
    };
    const worker = await Worker.start(queue, handler, { concurrency: 4, leaseMs: 3000 });
    onTestFinished(() => gates.forEach((gate) => gate.open()));
    queue.add(keysOf('rq', 4));
    await waitFor('four claims', () => worker.busy === 4);
    await queryAt(
      place,
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
       CREATE TRIGGER refuse BEFORE DELETE ON graphile_worker._private_jobs FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    gates.get('rq-0')?.open();
    await waitFor('the refusal', () => worker.problems.some(({ message }) => message.includes('Failed to complete')));
    await queryAt(place, 'DROP FUNCTION refuse CASCADE');
    // ends that can be written after one that could not are where the engine's own end hangs
    for (const [key, gate] of gates) {
      gate.open();
      const left = `SELECT 1 FROM graphile_worker.jobs WHERE key = '${key}'`;
      if (key !== 'rq-0') await waitFor(`the end of ${key}`, async () => (await queryAt(place, left)).length === 0);
    }
    await waitFor('the queue to be empty', () => Object.values(queue.counts()).every((count) => count === 0));
    expect(new Set(handled)).toEqual(new Set(gates.keys()));
    await worker.stop();
  });

  test('frees what it has claimed without ever having got the answer', async () => {
    const place = await onPostgres.newPlace();
    const { queue } = await openAt(place);
    const gate = new Gate();
    const handler = async (key: string): Promise<Disposition> => {
      if (key === 'held-0') await gate.opened;
      return 'done';
    };
    const worker = await Worker.start(queue, handler, { concurrency: 2, leaseMs: 3000 });
    onTestFinished(() => gate.open());
    queue.add(keysOf('held', 1));
    await waitFor('the claim', () => worker.busy === 1);
    queue.add(keysOf('late', 1, 3_600_000));
    const [row] = await queryAt(place, 'SELECT locked_by FROM graphile_worker.jobs WHERE locked_by IS NOT NULL');
    await queryAt(
      place,
      `UPDATE graphile_worker._private_jobs SET locked_by = '${String(row?.['locked_by'])}', run_at = now(),
       locked_at = now() - interval '11 seconds'`,
    );
    await waitFor('the one that was lost', () => worker.keys.includes('late-0'));
    expect(worker.keys).toEqual(['held-0', 'late-0']);
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
