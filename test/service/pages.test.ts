import { describe, expect, onTestFinished, test } from 'vitest';
import { newInstance } from '../../src/model/instance.ts';
import type { Page } from '../../src/service/api.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { CALLER, deployOf, openFixture, refusalOf } from './support.ts';

/** All pages, one after the other. */
function allOf<T>(page: (cursor: string | null) => Page<T>): T[][] {
  const pages: T[][] = [];
  let cursor: string | null = null;
  do {
    const { items, nextCursor } = page(cursor);
    pages.push([...items]);
    cursor = nextCursor;
  } while (cursor !== null);
  return pages;
}

describe('pages', () => {
  test('of deployments and tasks hold each one once, newest first, though others are added meanwhile', async () => {
    const fixture = await openFixture();
    const { service } = fixture;
    const ids = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'];
    fixture.add(...ids);
    const path = fixture.script('x.sh');
    const { deployments, taskIds } = await service.deploy(deployOf(path, ids), CALLER);
    const first = service.deployments({ instanceId: null, limit: 2, cursor: null });
    await service.deploy(deployOf(path, ids), CALLER);
    const rest = allOf((cursor) =>
      service.deployments({ instanceId: null, limit: 2, cursor: cursor ?? first.nextCursor }),
    );
    expect([...first.items, ...rest.flat()]).toEqual(deployments.toReversed());
    expect(rest.map((page) => page.length)).toEqual([2, 1]);
    const older = { deploymentId: null, status: null, limit: 3 } as const;
    const tasks = allOf((cursor) => service.tasks({ ...older, cursor })).flat();
    expect(tasks).toHaveLength(20);
    expect(tasks.slice(10).map(({ id }) => id)).toEqual(taskIds.toReversed());
    expect(allOf((cursor) => service.tasks({ ...older, status: 'queued', cursor })).flat()).toHaveLength(10);
  });

  test('of the deployments of an instance are had by its name, and by its id when it is gone', async () => {
    const fixture = await openFixture();
    const { service } = fixture;
    fixture.add(newInstance('i-1', { name: 'web', publicIp: '192.0.2.1' }), 'i-2');
    const { deployments } = await service.deploy(deployOf(fixture.script('x.sh'), ['web', 'i-2']), CALLER);
    const idsOf = (instanceId: string): string[] =>
      service.deployments({ instanceId, limit: 9, cursor: null }).items.map(({ id }) => id);
    expect(idsOf('web')).toEqual([deployments[0]?.id]);
    fixture.state.instances.remove(['i-1']);
    expect(idsOf('i-1')).toEqual([deployments[0]?.id]);
    const error = await refusalOf(() => idsOf('web'));
    expect(error.code).toBe('instance-unknown');
  });

  test('of instances hold each one once, by their ids', async () => {
    const fixture = await openFixture();
    fixture.add('i-3', 'i-1', newInstance('I-2', { state: 'terminated' }), 'i-10');
    const pages = allOf((cursor) => fixture.service.instances({ limit: 2, cursor }));
    expect(pages.map((page) => page.map(({ instanceId }) => instanceId))).toEqual([
      ['I-2', 'i-1'],
      ['i-10', 'i-3'],
    ]);
  });

  test('that are exactly full are the last ones', async () => {
    const fixture = await openFixture();
    fixture.add('i-1', 'i-2');
    expect(fixture.service.instances({ limit: 2, cursor: null }).nextCursor).toBeNull();
    expect(fixture.service.instances({ limit: 1, cursor: 'i-2' })).toEqual({ items: [], nextCursor: null });
  });

  test.each([
    [0, null, 'bad-limit', 'limit: 0 is not a whole number from 1 to 1000'],
    [1001, null, 'bad-limit', 'limit: 1001 is not a whole number from 1 to 1000'],
    [2.5, null, 'bad-limit', 'limit: 2.5 is not a whole number from 1 to 1000'],
    [NaN, null, 'bad-limit', 'limit: NaN is not a whole number from 1 to 1000'],
    [10, 'x', 'bad-cursor', 'cursor: "x" is not the next_cursor of a page; leave it out for the first one'],
    [10, 'tk-0hjzk9dkw00000000000', 'bad-cursor', /^cursor: "tk-0hjzk9dkw00000000000" is not/],
    [10, 'y'.repeat(1e5), 'bad-cursor', /^cursor: "y{60}…" is not the next_cursor/],
  ])('are refused for a limit of %s and the cursor %s', async (limit, cursor, code, message) => {
    const { service } = await openFixture();
    const error = await refusalOf(() => service.deployments({ instanceId: null, limit, cursor }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

test('health says what is in the queue, who works on it, and that the service is being stopped', async () => {
  const stopping = new AbortController();
  const fixture = await openFixture({ stopping: stopping.signal });
  fixture.add('i-1', 'i-2');
  expect(fixture.service.health()).toEqual({ status: 'ok', queue: { due: 0, putOff: 0, claimed: 0 }, workers: 0 });
  await fixture.service.deploy(deployOf(fixture.script('x.sh'), ['i-1', 'i-2']), CALLER);
  let finish = (): void => undefined;
  const work = (): Promise<'done'> => new Promise((resolve) => (finish = () => resolve('done')));
  const options = { concurrency: 1, leaseMs: 60_000, onProblem: () => undefined };
  const working = await fixture.queue.work(work, options);
  onTestFinished(() => {
    finish();
    return working.stop();
  });
  await waitFor('a key to be worked on', () => working.busy === 1);
  stopping.abort();
  expect(fixture.service.health()).toEqual({
    status: 'stopping',
    queue: { due: 1, putOff: 0, claimed: 1 },
    workers: 1,
  });
});
