import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.ts';
import { BACKENDS, openAt } from './backends.ts';
import { keysOf } from './working.ts';
import { finish, kill, WorkerProcesses } from './worker-process.ts';

const LEASE_MS = 300;

describe.each(BACKENDS)('worker processes on one queue $name', (backend) => {
  test('carry out 1,000 keys, each once, while they are killed at random moments and replaced', async () => {
    const place = await backend.newPlace();
    const { queue } = await openAt(place);
    const processes = new WorkerProcesses(place, LEASE_MS);
    for (let request = 0; request < 50; request += 1) queue.add(keysOf(`rq${request}`, 20));
    const workers = await Promise.all([processes.start(), processes.start()]);
    let killed = 0;
    while (processes.receipts.length < 1000) {
      await sleep(100 + Math.random() * 400);
      const victim = Math.floor(Math.random() * workers.length);
      await kill(workers[victim] as ChildProcess);
      workers[victim] = await processes.start();
      killed += 1;
    }
    await waitFor('only the rows of the workers to be left', async () => (await backend.rows(place)) === 2);
    await Promise.all(workers.map(finish));
    expect(killed).toBeGreaterThanOrEqual(3);
    expect(processes.wrong).toBe('');
    expect(processes.receipts).toHaveLength(1000);
    expect(processes.held).toEqual([]);
    expect(await backend.rows(place)).toBe(0);
  }, 60_000);

  test('lose what they have claimed when they do not renew their lease, and leave it to others', async () => {
    const place = await backend.newPlace();
    const { queue } = await openAt(place);
    const processes = new WorkerProcesses(place, LEASE_MS);
    const halted = await processes.start();
    queue.add(keysOf('stuck', 10));
    await waitFor('it to be at all keys', () => processes.held.length === 10);
    halted.kill('SIGSTOP');
    const other = await processes.start();
    await waitFor('the other one to carry them out', () => processes.receipts.length === 10, 10_000);
    expect(processes.wrong).not.toContain('lost the lease');
    halted.kill('SIGCONT');
    const lost = (): number => processes.wrong.split('lost the lease').length - 1;
    await waitFor('the halted one to see that it has lost all', () => lost() === 10);
    await waitFor('both to have a lease', async () => (await backend.rows(place)) === 2);
    queue.add(keysOf('more', 40));
    await waitFor('the others to be carried out', () => processes.receipts.length === 50);
    await Promise.all([halted, other].map(finish));
    expect(await backend.rows(place)).toBe(0);
    expect(processes.wrong).not.toContain('twice');
  });
});
