import { describe, expect, test } from 'vitest';
import type { State } from '../../src/state/state.ts';
import { aChain, aDeployment, aTask } from './deployment-records.ts';
import { NOW } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const LATER = '2026-07-01T12:00:05.000Z';
const PROBLEM = { code: 'not-ready', message: 'cloud-init still works' };
const [CREATE, TRANSFER, EXECUTE] = ['pl-1-1', 'pl-1-2', 'pl-1-3'];

/** A state with `pl-1` and its chain, whose clock stands at `LATER`. */
function aState(): State {
  const state = openedState(temporaryFolder(), { now: () => Date.parse(LATER) });
  state.deployments.insert([aDeployment('pl-1')], aChain('pl-1'));
  return state;
}

function statuses({ tasks }: State): string[] {
  return tasks.ofDeployment('pl-1').map(({ status }) => status);
}

describe('a chain of tasks', () => {
  test('begins with the first one alone', () => {
    expect(statuses(aState())).toEqual(['queued', 'waiting', 'waiting']);
  });

  test('goes on with the next one when one is completed', () => {
    const state = aState();
    state.tasks.end(CREATE, 'completed', null);
    expect(statuses(state)).toEqual(['completed', 'queued', 'waiting']);
    expect(state.tasks.find(TRANSFER)).toMatchObject({ dueAt: LATER, updatedAt: LATER, finishedAt: null });
    state.tasks.end(TRANSFER, 'completed', null);
    state.tasks.end(EXECUTE, 'completed', null);
    expect(statuses(state)).toEqual(['completed', 'completed', 'completed']);
  });

  test.each(['failed', 'cancelled'] as const)('is cancelled to its end where one is %s', (status) => {
    const state = aState();
    state.tasks.end(CREATE, status, PROBLEM);
    expect(statuses(state)).toEqual([status, 'cancelled', 'cancelled']);
    expect(state.tasks.find(EXECUTE)).toMatchObject({ problem: PROBLEM, finishedAt: LATER, startedAt: null });
  });

  test('leaves alone what has ended, and the tasks of others', () => {
    const state = aState();
    state.deployments.insert([aDeployment('pl-2')], aChain('pl-2'));
    state.tasks.end(CREATE, 'completed', null);
    state.tasks.end(CREATE, 'failed', PROBLEM);
    expect(statuses(state)).toEqual(['completed', 'queued', 'waiting']);
    expect(state.tasks.find(CREATE)?.problem).toBeNull();
    expect(state.tasks.ofDeployment('pl-2')).toEqual(aChain('pl-2'));
  });
});

describe('a task', () => {
  test('that begins is in the hands of a worker, once more', () => {
    const { tasks } = aState();
    tasks.begin(CREATE, 'wk-1');
    const begun = { status: 'running', tries: 1, workerId: 'wk-1', startedAt: LATER, updatedAt: LATER };
    expect(tasks.find(CREATE)).toEqual({ ...aChain('pl-1')[0], ...begun });
    tasks.begin(CREATE, 'wk-2');
    expect(tasks.find(CREATE)).toMatchObject({ tries: 2, workerId: 'wk-2' });
  });

  test('that is put off says why and until when, and forgets it when it begins', () => {
    const { tasks } = aState();
    tasks.begin(CREATE, 'wk-1');
    tasks.putOff(CREATE, Date.parse(LATER) + 2000, PROBLEM);
    expect(tasks.find(CREATE)).toMatchObject({
      status: 'put-off',
      dueAt: '2026-07-01T12:00:07.000Z',
      problem: PROBLEM,
      tries: 1,
      finishedAt: null,
    });
    tasks.begin(CREATE, 'wk-1');
    expect(tasks.find(CREATE)).toMatchObject({ status: 'running', tries: 2, problem: null });
  });

  test('that has ended does not begin, nor is put off', () => {
    const { tasks } = aState();
    tasks.end(CREATE, 'failed', PROBLEM);
    const ended = tasks.find(CREATE);
    tasks.begin(CREATE, 'wk-1');
    tasks.putOff(CREATE, Date.parse(LATER), PROBLEM);
    tasks.end(CREATE, 'completed', null);
    expect(tasks.find(CREATE)).toEqual(ended);
    expect(ended).toMatchObject({ status: 'failed', problem: PROBLEM, finishedAt: LATER });
  });

  test('that nobody knows is null, and nothing changes by telling of it', () => {
    const state = aState();
    state.tasks.begin('tk-unknown', 'wk-1');
    state.tasks.end('tk-unknown', 'failed', null);
    expect(state.tasks.find('tk-unknown')).toBeNull();
    expect(statuses(state)).toEqual(['queued', 'waiting', 'waiting']);
  });
});

test('tasks come page by page, newest first, of one deployment or status or of all', () => {
  const state = aState();
  state.deployments.insert([aDeployment('pl-2')], [aTask('pl-2-1', 'pl-2')]);
  const ids = (query: Partial<Parameters<State['tasks']['list']>[0]>): string[] =>
    state.tasks.list({ deploymentId: null, status: null, limit: 2, before: null, ...query }).map(({ id }) => id);
  expect(ids({})).toEqual(['pl-2-1', EXECUTE]);
  expect(ids({ before: EXECUTE })).toEqual([TRANSFER, CREATE]);
  expect(ids({ before: CREATE })).toEqual([]);
  expect(ids({ status: 'queued' })).toEqual(['pl-2-1', CREATE]);
  expect(ids({ status: 'queued', before: 'pl-2-1' })).toEqual([CREATE]);
  expect(ids({ deploymentId: 'pl-1' })).toEqual([EXECUTE, TRANSFER]);
  expect(ids({ deploymentId: 'pl-1', status: 'waiting', before: EXECUTE })).toEqual([TRANSFER]);
  expect(ids({ deploymentId: 'pl-3' })).toEqual([]);
  expect(state.tasks.find(CREATE)?.createdAt).toBe(NOW);
});
