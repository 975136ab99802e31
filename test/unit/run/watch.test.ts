import { describe, expect, test } from 'vitest';
import type { Instance } from '../../../src/model/instance.ts';
import { type Duties, type Outlook, type Round, watch } from '../../../src/run/watch.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { anInstance } from '../../state/records.ts';

const NEVER = new AbortController().signal;

interface Begun {
  readonly ids: readonly string[];
  readonly atOnce: number;
  /** one of its instances has its outcome */
  readonly finish: (instanceId: string) => void;
  readonly end: (exitCode: number) => void;
  readonly fail: (error: Error) => void;
}

/** Duties whose rounds end when the test says so. */
class Fake implements Duties {
  readonly due = new Set<Instance>();
  readonly abandoned = new Set<string>();
  readonly begun: Begun[] = [];
  readonly takenUp: string[] = [];
  looks = 0;

  look(): Outlook {
    this.looks += 1;
    return { due: [...this.due], abandoned: [...this.abandoned] };
  }

  begin(instances: readonly Instance[], atOnce: number): Round {
    const { promise, resolve, reject } = deferred();
    const ids = instances.map(({ instanceId }) => instanceId);
    const unfinished = new Set(ids);
    this.begun.push({ ids, atOnce, finish: (id) => unfinished.delete(id), end: resolve, fail: reject });
    return { runId: `r${this.begun.length}`, unfinished, atOnce, ended: promise };
  }

  takeUp(runId: string): Round {
    this.takenUp.push(runId);
    return { runId, unfinished: new Set(), atOnce: 1, ended: Promise.resolve(0) };
  }

  /** waits until this many further looks are over */
  async looked(times = 2): Promise<void> {
    const until = this.looks + times;
    await waitFor('further looks', () => this.looks >= until);
  }
}

function deferred() {
  let resolve: (exitCode: number) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<number>((one, other) => {
    resolve = one;
    reject = other;
  });
  return { promise, resolve, reject };
}

function start(duties: Fake, concurrency = 3) {
  const stop = new AbortController();
  const options = { clock: systemClock, intervalMs: 2, concurrency, signal: stop.signal, detach: NEVER };
  return { stop: () => stop.abort(), ended: watch(duties, options) };
}

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((id) => anInstance(id)) as [Instance, Instance, Instance, Instance];

describe('a watch', () => {
  test('begins a round where there is something to do, and no second one for the same instance', async () => {
    const fake = new Fake();
    const { stop, ended } = start(fake);
    await fake.looked();
    expect(fake.begun).toEqual([]);
    fake.due.add(A).add(B);
    await fake.looked();
    expect(fake.begun).toMatchObject([{ ids: ['a', 'b'], atOnce: 3 }]);
    stop();
    fake.begun[0]?.end(4);
    expect(await ended).toBe(4);
  });

  test('works on no more instances at once than it may, in all rounds, and lets newcomers in as soon as there is room', async () => {
    const fake = new Fake();
    const { stop, ended } = start(fake);
    for (const instance of [A, B]) fake.due.add(instance);
    await fake.looked();
    fake.due.add(C).add(D);
    await fake.looked();
    expect(fake.begun).toMatchObject([
      { ids: ['a', 'b'], atOnce: 3 },
      { ids: ['c', 'd'], atOnce: 1 },
    ]);
    const late = anInstance('late');
    fake.due.add(late);
    await fake.looked();
    expect(fake.begun).toHaveLength(2);
    fake.due.delete(A);
    fake.begun[0]?.finish('a');
    await fake.looked();
    expect(fake.begun[2]).toMatchObject({ ids: ['late'], atOnce: 1 });
    stop();
    for (const { end } of fake.begun) end(0);
    await ended;
  });

  test('begins anew for an instance that has failed, while the others of its round still run', async () => {
    const fake = new Fake();
    const { stop, ended } = start(fake);
    for (const instance of [A, B]) fake.due.add(instance);
    await fake.looked();
    fake.begun[0]?.finish('a');
    await fake.looked();
    expect(fake.begun).toMatchObject([{ ids: ['a', 'b'] }, { ids: ['a'], atOnce: 2 }]);
    stop();
    for (const { end } of fake.begun) end(0);
    await ended;
  });

  test('takes up what dead clients have left, and waits longer and longer where that comes to nothing', async () => {
    const fake = new Fake();
    fake.abandoned.add('r0');
    const { stop, ended } = start(fake);
    await waitFor('a few tries', () => fake.takenUp.length >= 4);
    // waits of 2, 4 and 8 ms are 14: a look every 2 ms that did not wait would have come to half as many
    expect(fake.looks).toBeGreaterThan(4);
    stop();
    await ended;
  });

  test('ends with the error of a round, once the other rounds have ended', async () => {
    const fake = new Fake();
    const { ended } = start(fake);
    fake.due.add(A);
    await fake.looked();
    fake.due.add(B);
    await fake.looked();
    let isOver = false;
    void ended.catch(() => (isOver = true));
    fake.begun[0]?.fail(new Error('no archive'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isOver).toBe(false);
    fake.begun[1]?.end(0);
    await expect(ended).rejects.toThrow('no archive');
  });

  test('ends with the error of a look', async () => {
    const fake = new Fake();
    fake.look = () => {
      throw new Error('state broken');
    };
    await expect(start(fake).ended).rejects.toThrow('state broken');
  });
});
