import { describe, expect, test } from 'vitest';
import type { DeploymentEnd } from '../../src/state/deployments.ts';
import type { State } from '../../src/state/state.ts';
import { aChain, aDeployment, aTask } from './deployment-records.ts';
import { anInstance, aPlan, NOW } from './records.ts';
import { behind, openedState, temporaryFolder } from './support.ts';

const LATER = '2026-07-01T12:00:05.000Z';
const DONE: DeploymentEnd = {
  status: 'completed',
  executed: true,
  executionMs: 5321,
  output: 'done\n',
  errorOutput: '',
  problem: null,
};
const PROBLEM = { code: 'failed', message: 'the script ended with 3' };
const FAILED: DeploymentEnd = { ...DONE, status: 'failed', output: '', errorOutput: 'oh\n', problem: PROBLEM };

/** A state whose clock stands at `LATER`: what is written now differs from what was written. */
function aState(): State {
  return openedState(temporaryFolder(), { now: () => Date.parse(LATER) });
}

/** A state with one deployment, `pl-1`. */
function aStateWithOne(): State {
  const state = aState();
  state.ledger.runStarted(aPlan('r1', [anInstance('i-1')]));
  state.deployments.insert([aDeployment('pl-1')], []);
  return state;
}

describe('deployments', () => {
  test('come back as they were written, with their tasks in their order', () => {
    const state = aState();
    const created = aDeployment('pl-2', {
      instanceId: null,
      order: {
        ...aDeployment('pl-2').order,
        create: { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: 'web' },
        payload: null,
      },
    });
    const finished = aDeployment('pl-3', { ...FAILED, cancelledBy: 'ci', finishedAt: LATER });
    state.deployments.insert([aDeployment('pl-1'), created, finished], [...aChain('pl-1'), ...aChain('pl-2')]);
    expect(state.deployments.find('pl-1')).toEqual(aDeployment('pl-1'));
    expect(state.deployments.find('pl-2')).toEqual(created);
    expect(state.deployments.find('pl-3')).toEqual(finished);
    expect(state.tasks.ofDeployment('pl-1')).toEqual(aChain('pl-1'));
    expect(state.tasks.ofDeployment('pl-2')).toEqual(aChain('pl-2'));
    expect(state.deployments.find('pl-4')).toBeNull();
  });

  test('are as many as are asked for', () => {
    const state = aState();
    const ids = Array.from({ length: 100 }, (_, index) => `pl-${String(index).padStart(3, '0')}`);
    state.deployments.insert(
      ids.map((id) => aDeployment(id)),
      ids.flatMap((id) => aChain(id)),
    );
    expect(state.deployments.list({ instanceId: 'i-1', limit: 1000, before: null })).toHaveLength(100);
    for (const id of ids) expect(state.tasks.ofDeployment(id)).toEqual(aChain(id));
  });

  test('are written with all of their tasks, or not at all', () => {
    const state = aState();
    const insert = (): void =>
      state.deployments.insert([aDeployment('pl-1')], [...aChain('pl-1'), aTask('tk-9', 'pl-unknown')]);
    expect(insert).toThrow(/FOREIGN KEY|foreign key/);
    expect(state.deployments.list({ instanceId: null, limit: 10, before: null })).toEqual([]);
    expect(state.tasks.list({ deploymentId: null, status: null, limit: 10, before: null })).toEqual([]);
  });

  test('are a part of what is done atomically', () => {
    const state = aState();
    const work = (): void =>
      state.atomically(() => {
        state.ledger.runStarted(aPlan('r1', [anInstance('i-1')]));
        state.deployments.insert([aDeployment('pl-1', { runId: 'r1' })], aChain('pl-1'));
        state.environments.set('r1', new Map([['TOKEN', 'x']]));
        throw new Error('in the middle');
      });
    expect(work).toThrow('in the middle');
    expect(state.runs.find('r1')).toBeNull();
    expect(state.deployments.find('pl-1')).toBeNull();
    expect(state.tasks.ofDeployment('pl-1')).toEqual([]);
    expect(state.environments.of('r1')).toEqual(new Map());
  });

  test('come page by page, newest first, whatever is gone meanwhile', () => {
    const state = aState();
    const all = ['pl-1', 'pl-2', 'pl-3', 'pl-4', 'pl-5'];
    state.deployments.insert(
      all.map((id, index) => aDeployment(id, { instanceId: index === 2 ? 'i-2' : 'i-1' })),
      [],
    );
    const ids = (instanceId: string | null, limit: number, before: string | null): string[] =>
      state.deployments.list({ instanceId, limit, before }).map(({ id }) => id);
    expect(ids(null, 2, null)).toEqual(['pl-5', 'pl-4']);
    expect(ids(null, 2, 'pl-4')).toEqual(['pl-3', 'pl-2']);
    expect(ids(null, 2, 'pl-2')).toEqual(['pl-1']);
    expect(ids('i-1', 2, null)).toEqual(['pl-5', 'pl-4']);
    expect(ids('i-1', 2, 'pl-4')).toEqual(['pl-2', 'pl-1']);
    expect(ids('i-2', 2, null)).toEqual(['pl-3']);
    expect(ids('i-3', 2, null)).toEqual([]);
    behind(state, `DELETE FROM deployments WHERE id = 'pl-4'`);
    expect(ids(null, 2, 'pl-4')).toEqual(['pl-3', 'pl-2']);
  });

  test('of a run come in the order of the request, and go with it', () => {
    const state = aState();
    state.ledger.runStarted(aPlan('r1', []));
    state.deployments.insert(
      [aDeployment('pl-1', { runId: 'r1' }), aDeployment('pl-2', { runId: 'r1' }), aDeployment('pl-3')],
      aChain('pl-1'),
    );
    expect(state.deployments.ofRun('r1').map(({ id }) => id)).toEqual(['pl-1', 'pl-2']);
    expect([state.deployments.isRunKnown('r1'), state.deployments.isRunKnown('r2')]).toEqual([true, false]);
    state.ledger.runEnded('r1', LATER);
    state.forgetting.forgetRun('r1');
    expect(state.deployments.ofRun('r1')).toEqual([]);
    expect(state.tasks.ofDeployment('pl-1')).toEqual([]);
    expect(state.deployments.find('pl-3')).not.toBeNull();
  });

  test('a row that is damaged is an error and not a deployment less', () => {
    const state = aStateWithOne();
    behind(state, `UPDATE deployments SET orders = '[oops'`);
    expect(() => state.deployments.find('pl-1')).toThrow(/is broken/);
  });
});

describe('a deployment that is open', () => {
  test('goes forward, and every step is on record with its time', () => {
    const { deployments } = aStateWithOne();
    expect(deployments.advance('pl-1', { runId: 'r1', instanceId: 'i-9' })).toBe(true);
    expect(deployments.find('pl-1')).toEqual(aDeployment('pl-1', { runId: 'r1', instanceId: 'i-9', updatedAt: LATER }));
    expect(deployments.advance('pl-1', { status: 'transferred' })).toBe(true);
    expect(deployments.find('pl-1')).toMatchObject({ status: 'transferred', runId: 'r1', instanceId: 'i-9' });
    expect(deployments.advance('pl-1', { status: 'executing' })).toBe(true);
    expect(deployments.find('pl-1')).toMatchObject({ status: 'executing', createdAt: NOW });
  });

  test.each([
    ['executing', 'transferred'],
    ['executing', 'pending'],
    ['transferred', 'pending'],
  ] as const)('does not go back from %s to %s', (status, earlier) => {
    const { deployments } = aStateWithOne();
    deployments.advance('pl-1', { status });
    expect(deployments.advance('pl-1', { status: earlier, runId: 'r1' })).toBe(true);
    expect(deployments.find('pl-1')).toMatchObject({ status, runId: 'r1' });
  });

  test('does not end by a step, nor go on by an end', () => {
    const { deployments } = aStateWithOne();
    expect(() => deployments.advance('pl-1', { status: 'completed' })).toThrow('is the end');
    expect(() => deployments.finish('pl-1', { ...DONE, status: 'executing' })).toThrow('is not the end');
    expect(deployments.find('pl-1')).toEqual(aDeployment('pl-1'));
  });

  test('is on record with the first one who wants it to end', () => {
    const { deployments } = aStateWithOne();
    expect(deployments.wantCancelled('pl-1', 'ci')).toBe(true);
    expect(deployments.wantCancelled('pl-1', 'ann')).toBe(true);
    expect(deployments.find('pl-1')).toEqual(aDeployment('pl-1', { cancelledBy: 'ci', updatedAt: LATER }));
  });
});

describe('a deployment that has finished', () => {
  test('keeps its first end', () => {
    const { deployments } = aStateWithOne();
    expect(deployments.finish('pl-1', DONE)).toBe(true);
    const finished = aDeployment('pl-1', { ...DONE, updatedAt: LATER, finishedAt: LATER });
    expect(deployments.find('pl-1')).toEqual(finished);
    expect(deployments.finish('pl-1', FAILED)).toBe(false);
    expect(deployments.advance('pl-1', { status: 'executing', runId: 'r1' })).toBe(false);
    expect(deployments.wantCancelled('pl-1', 'ci')).toBe(false);
    expect(deployments.find('pl-1')).toEqual(finished);
  });

  test('says why it failed', () => {
    const { deployments } = aStateWithOne();
    deployments.finish('pl-1', FAILED);
    expect(deployments.find('pl-1')).toMatchObject({ status: 'failed', problem: PROBLEM, errorOutput: 'oh\n' });
  });

  test('is told apart from one that nobody knows by nothing: neither changes', () => {
    const { deployments } = aStateWithOne();
    expect(deployments.finish('pl-unknown', DONE)).toBe(false);
    expect(deployments.advance('pl-unknown', {})).toBe(false);
    expect(deployments.wantCancelled('pl-unknown', 'ci')).toBe(false);
  });

  test('say who is to be ended, as long as they have not finished', () => {
    const state = aStateWithOne();
    state.deployments.insert([aDeployment('pl-2'), aDeployment('pl-3')], []);
    state.deployments.wantCancelled('pl-2', 'ann');
    state.deployments.wantCancelled('pl-3', 'bob');
    state.deployments.finish('pl-3', FAILED);
    expect(state.deployments.cancelledAmong(['pl-1', 'pl-2', 'pl-3'])).toEqual(new Map([['pl-2', 'ann']]));
    expect(state.deployments.cancelledAmong([])).toEqual(new Map());
    expect(state.deployments.cancelledAmong(['pl-1'])).toEqual(new Map());
  });

  test('of a run are known by their instances until they have finished', () => {
    const state = aStateWithOne();
    state.deployments.insert([aDeployment('pl-2', { instanceId: 'i-2', runId: 'r1' })], []);
    state.deployments.advance('pl-1', { instanceId: 'i-1', runId: 'r1' });
    expect(state.deployments.openOfRun('r1')).toEqual(
      new Map([
        ['i-1', 'pl-1'],
        ['i-2', 'pl-2'],
      ]),
    );
    state.deployments.finish('pl-1', DONE);
    expect(state.deployments.openOfRun('r1')).toEqual(new Map([['i-2', 'pl-2']]));
    expect(state.deployments.openOfRun('r2')).toEqual(new Map());
  });

  test('that never came to a run are forgotten, but for the newest and those that have not finished', () => {
    const state = aStateWithOne();
    const none = { instanceId: null, runId: null };
    const ids = ['pl-2', 'pl-3', 'pl-4', 'pl-5'];
    state.deployments.insert(
      ids.map((id) => aDeployment(id, none)),
      [],
    );
    state.deployments.advance('pl-1', { runId: 'r1' });
    for (const id of ['pl-1', 'pl-2', 'pl-3', 'pl-4']) state.deployments.finish(id, FAILED);
    state.deployments.forgetWithoutRun(1, 100);
    const left = state.deployments.list({ instanceId: null, limit: 10, before: null }).map(({ id }) => id);
    // pl-1 goes with its run
    expect(left).toEqual(['pl-5', 'pl-4', 'pl-1']);
  });
});
