import { describe, expect, test } from 'vitest';
import { BACKENDS, openAt } from './backends.ts';
import { keysOf, waitFor, Worker } from './working.ts';

describe.each(BACKENDS)('the line of a queue $name', (backend) => {
  test('keeps the order of a request', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const added = keysOf('rq', 50);
    queue.add(added);
    const worker = await Worker.start(queue, () => 'done');
    await waitFor('all', () => worker.keys.length === 50);
    expect(worker.keys).toEqual(added.map(({ key }) => key));
  });

  test('gives requests that came at once their turns', async () => {
    const { queue } = await openAt(await backend.newPlace());
    for (const request of ['a', 'b', 'c']) queue.add(keysOf(request, 3));
    const worker = await Worker.start(queue, () => 'done');
    await waitFor('all', () => worker.keys.length === 9);
    expect(worker.keys).toEqual(['a-0', 'b-0', 'c-0', 'a-1', 'b-1', 'c-1', 'a-2', 'b-2', 'c-2']);
  });

  test('lets a request for one wait for one key of the request for a thousand before it', async () => {
    const { queue } = await openAt(await backend.newPlace());
    queue.add(keysOf('thousand', 1000));
    const worker = await Worker.start(queue, (_key, _claim, { keys }) => {
      if (keys.length === 20) queue.add(keysOf('one', 1));
      return 'done';
    });
    await waitFor('its turn', () => worker.keys.includes('one-0'));
    expect(worker.keys.indexOf('one-0')).toBeLessThanOrEqual(21);
    expect(queue.counts().due).toBeGreaterThan(900);
  });

  test('does not let those starve who are in it while new requests come again and again', async () => {
    const { queue } = await openAt(await backend.newPlace());
    queue.add(keysOf('old', 10));
    const worker = await Worker.start(queue, (_key, _claim, { keys }) => {
      // two more for each that is done: the line never ends
      queue.add(keysOf(`new-${keys.length}`, 1));
      queue.add(keysOf(`newer-${keys.length}`, 1));
      return 'done';
    });
    await waitFor('a second turn', () => worker.keys.includes('old-3'));
    await worker.stop();
    expect(worker.keys.indexOf('old-3')).toBeLessThan(100);
  });

  test('gives what was put off its turns, too, as if it had come when it is due', async () => {
    const { queue } = await openAt(await backend.newPlace());
    const putOff = keysOf('put-off', 100);
    queue.add(putOff);
    const first = await Worker.start(queue, () => ({ putOffMs: 600_000 }), { concurrency: 10 });
    await waitFor('all to be put off', () => queue.counts().putOff === 100);
    await first.stop();
    queue.add(keysOf('line', 100));
    for (const { key } of putOff) queue.wake(key);
    const second = await Worker.start(queue, (_key, _claim, { keys }) => {
      if (keys.length === 20) queue.add(keysOf('one', 1));
      return 'done';
    });
    await waitFor('the turn of the last one', () => second.keys.includes('one-0'));
    const early = second.keys.slice(0, second.keys.indexOf('one-0'));
    expect(early.length).toBeLessThanOrEqual(24);
    const counts = ['put-off', 'line'].map((request) => early.filter((key) => key.startsWith(`${request}-`)).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(8);
  });
});
