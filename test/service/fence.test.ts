import { describe, expect, test } from 'vitest';
import { Detached } from '../../src/run/detached.ts';
import { fencedLedger, isInHandsOf } from '../../src/service/executor/fence.ts';
import type { State } from '../../src/state/state.ts';
import { CALLER, openFixture } from './support.ts';

/** A deployment on `web-1` that nobody is at. */
async function deployed(): Promise<{ state: State; id: string; runId: string; taskIds: readonly string[] }> {
  const { state, service, add, script } = await openFixture();
  add('web-1');
  const request = { instanceIds: ['web-1'], remotePath: null, execute: true, timeoutMs: null };
  const { deployments, taskIds } = await service.deploy({ ...request, payload: { path: script('a.sh') } }, CALLER);
  const [deployment] = deployments;
  return { state, id: deployment?.id as string, runId: deployment?.runId as string, taskIds };
}

describe('the ledger in the hands of a worker', () => {
  test('takes no step of one whose task another has begun, and no last byte', async () => {
    const { state, id, runId, taskIds } = await deployed();
    const moments: string[] = [];
    const ledgerOf = (workerId: string) =>
      fencedLedger(state.ledger, () => isInHandsOf(workerId, id, state), {
        onSent: () => void moments.push(`sent by ${workerId}`),
        onStarted: () => void moments.push(`started by ${workerId}`),
      });
    const [first, second] = [ledgerOf('wk-1'), ledgerOf('wk-2')];
    state.tasks.begin(taskIds[0] as string, 'wk-1');
    expect(first.stepStarted(runId, 'web-1', 'connect')).toBe(true);
    expect(first.stepStarted(runId, 'web-1', 'upload')).toBe(true);
    state.tasks.begin(taskIds[0] as string, 'wk-2');
    for (const write of [
      () => first.stepStarted(runId, 'web-1', 'execute'),
      () => first.payloadSent(runId, 'web-1'),
      () => first.attemptRenewed(runId, 'web-1', 'x'),
    ]) {
      expect(write).toThrow(Detached);
    }
    expect(state.ledger.attempt(runId, 'web-1').step).toBe('upload');
    expect(second.attemptRenewed(runId, 'web-1', 'y')).toBe(true);
    second.payloadSent(runId, 'web-1');
    second.stepStarted(runId, 'web-1', 'execute');
    expect(moments).toEqual(['sent by wk-2', 'started by wk-2']);
  });

  test('is that of whoever has begun what is left to do', async () => {
    const { state, id, taskIds } = await deployed();
    const [transfer = '', execute = ''] = taskIds;
    state.tasks.begin(transfer, 'wk-1');
    state.tasks.end(transfer, 'completed', null);
    // what was done before is of no interest
    expect([isInHandsOf('wk-1', id, state), isInHandsOf('wk-2', id, state)]).toEqual([true, true]);
    state.tasks.begin(execute, 'wk-2');
    expect([isInHandsOf('wk-1', id, state), isInHandsOf('wk-2', id, state)]).toEqual([false, true]);
  });
});
