import { describe, expect, test } from 'vitest';
import { BACKENDS, openAt } from './backends.ts';
import { Gate, keysOf, waitFor, Worker } from './working.ts';

const NOTHING = { due: 0, putOff: 0, claimed: 0 };

describe.each(BACKENDS)('a queue $name', (backend) => {
  test('hands a key that is added to a worker that has nothing to do, and forgets it when it is done', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const worker = await Worker.start(queue, () => 'done');
    queue.add(keysOf('rq', 1));
    await waitFor('the key to be worked on', () => worker.keys.length > 0);
    await waitFor('the queue to be empty', () => queue.counts().claimed === 0);
    expect(queue.counts()).toEqual(NOTHING);
    expect(worker.keys).toEqual(['rq-0']);
    expect(worker.problems).toEqual([]);
  });

  test('hands out what another process has added before and after the worker began', async () => {
    const place = await backend.newPlace();
    const [here, there] = [await openAt(place), await openAt(place)];
    there.queue.add(keysOf('before', 1));
    const worker = await Worker.start(here.queue, () => 'done');
    await waitFor('the first key', () => worker.keys.length === 1);
    there.queue.add(keysOf('after', 2));
    await waitFor('the others', () => worker.keys.length === 3);
    expect(worker.keys).toEqual(['before-0', 'after-0', 'after-1']);
  });

  test('counts what is due, put off and claimed', async () => {
    const { queue, state } = await openAt(await backend.newPlace());
    queue.add([...keysOf('due', 3), ...keysOf('later', 2, 60_000)]);
    expect(queue.counts()).toEqual({ due: 3, putOff: 2, claimed: 0 });
    const gate = new Gate();
    const worker = await Worker.start(queue, () => gate.opened.then(() => 'done'), { concurrency: 2 });
    await waitFor('two claims', () => worker.busy === 2);
    expect(queue.counts()).toEqual({ due: 1, putOff: 2, claimed: 2 });
    expect(state.workers.living()).toBe(1);
    gate.open();
    await waitFor('the end of what is due', () => worker.keys.length === 3 && worker.busy === 0);
    await waitFor('the queue to say so', () => queue.counts().claimed === 0);
    expect(queue.counts()).toEqual({ due: 0, putOff: 2, claimed: 0 });
  });

  test('hands a key that was put off out again when it is due, and counts the tries', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const at: number[] = [];
    const tries: number[] = [];
    const worker = await Worker.start(queue, (_key, claim) => {
      at.push(Date.now());
      tries.push(claim.tries);
      expect(claim.workerId).toMatch(/^wk-/);
      return claim.tries < 3 ? { putOffMs: 100 } : 'done';
    });
    queue.add(keysOf('rq', 1));
    await waitFor('three tries', () => tries.length === 3);
    expect(tries).toEqual([1, 2, 3]);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(99);
    expect(worker.problems).toEqual([]);
  });

  test('hands a key that was put off out at once when it is woken', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const worker = await Worker.start(queue, (_key, { tries }) => (tries === 1 ? { putOffMs: 600_000 } : 'done'));
    queue.add(keysOf('rq', 1));
    await waitFor('it to be put off', () => queue.counts().putOff === 1);
    queue.wake('rq-0');
    queue.wake('unknown');
    await waitFor('the second try', () => worker.keys.length === 2);
    await waitFor('the end', () => queue.counts().claimed === 0);
    expect(queue.counts()).toEqual(NOTHING);
  });

  test('does not put off for long what is woken while it is worked on', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const worker = await Worker.start(queue, (key, { tries }) => {
      if (tries > 1) return 'done';
      queue.wake(key);
      return { putOffMs: 600_000 };
    });
    queue.add(keysOf('rq', 1));
    await waitFor('the second try', () => worker.keys.length === 2);
  });

  test('keeps a key that is there already as it is', async () => {
    const { queue } = await openAt(await backend.newPlace());
    queue.add(keysOf('rq', 2, 600_000));
    queue.add(keysOf('rq', 3));
    expect(queue.counts()).toEqual({ due: 1, putOff: 2, claimed: 0 });
  });

  test('adds nothing in a transaction that is rolled back, and all in one that is not', async () => {
    const { queue, state } = await openAt(await backend.newPlace());
    const worker = await Worker.start(queue, () => 'done');
    const failing = (): void =>
      state.atomically(() => {
        queue.add(keysOf('rolled-back', 3));
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    state.atomically(() => queue.add(keysOf('kept', 2)));
    await waitFor('what was kept', () => worker.keys.length === 2 && queue.counts().claimed === 0);
    expect(queue.counts()).toEqual(NOTHING);
    expect(worker.keys).toEqual(['kept-0', 'kept-1']);
  });

  test('puts off a key whose handler throws, tells of it, and loses nothing', async () => {
    const { queue } = await openAt(await backend.newPlace(), () => 0);
    const worker = await Worker.start(queue, (key, { tries }) => {
      if (key === 'rq-1' && tries === 1) throw new Error('out of order');
      return 'done';
    });
    queue.add(keysOf('rq', 3));
    await waitFor('four tries', () => worker.keys.length === 4);
    expect(worker.keys).toEqual(['rq-0', 'rq-1', 'rq-2', 'rq-1']);
    const problem = {
      message: 'rq-1 could not be worked on and is put off for 500 ms',
      error: new Error('out of order'),
    };
    expect(worker.problems).toEqual([problem]);
  });

  test('stops when what it is at is done, and claims nothing more', async () => {
    const { queue, state } = await openAt(await backend.newPlace());
    const gate = new Gate();
    const worker = await Worker.start(queue, () => gate.opened.then(() => 'done'), { concurrency: 2 });
    queue.add(keysOf('rq', 5));
    await waitFor('two claims', () => worker.busy === 2);
    let hasStopped = false;
    const stopped = worker.stop().then(() => (hasStopped = true));
    queue.add(keysOf('late', 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hasStopped).toBe(false);
    gate.open();
    await stopped;
    expect(worker.keys).toHaveLength(2);
    expect(queue.counts()).toEqual({ due: 4, putOff: 0, claimed: 0 });
    expect(state.workers.living()).toBe(0);
  });
});
