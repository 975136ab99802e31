import { describe, expect, test } from 'vitest';
import { SpotError } from '../../../src/model/errors.ts';
import { MemoryService } from '../../helpers/memory-service.ts';
import { type Rpc, rpcOver } from './support.ts';

function service(): Rpc {
  return rpcOver(new MemoryService('i-1'));
}

describe('errors', () => {
  test.each([
    ['get_task', -32062, 'task-unknown'],
    ['get_payload_status', -32060, 'deployment-unknown'],
    ['terminate_instance', -32040, 'instance-unknown'],
  ])('%s of what is not there is %i, %s', async (method, number, code) => {
    const answer = await service().call(method, ['nope']);
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: number, message: expect.stringMatching(/^there is no /), data: { code } },
    });
  });

  test.each([
    ['a mistake of ours', new TypeError("Cannot read properties of undefined (reading 'x') at /srv/spot/dist/main.js")],
    [
      'an error that is not in the table',
      new SpotError('ssh-config-invalid', '/root/.ssh/config:3: bad', { exitCode: 78 }),
    ],
  ])('%s is told by its request id alone, and logged', async (_, failure) => {
    const { call, api, log, calls } = service();
    api.failure = failure;
    const answer = await call('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32603,
        message: 'Internal error',
        data: { code: 'internal', message: expect.any(String), request_id: 'rq-1' },
      },
    });
    expect(JSON.stringify(answer)).not.toMatch(/main\.js|\.ssh|Cannot read/);
    expect(log.lines()).toMatchObject([
      { level: 'error', requestId: 'rq-1', method: 'deploy_payload', error: { message: failure.message } },
    ]);
    expect(calls).toEqual([{ method: 'deploy_payload', outcome: 'internal' }]);
  });

  test('a notification that fails for a mistake of ours is logged all the same', async () => {
    const { send, api, log } = service();
    api.failure = new Error('broken');
    const params = { instance_ids: ['i-1'], payload: 'x' };
    expect(await send(JSON.stringify({ jsonrpc: '2.0', method: 'deploy_payload', params }))).toBeNull();
    expect(log.lines()).toMatchObject([{ level: 'error', error: { message: 'broken' } }]);
  });

  test("a message that would name what is not the caller's is replaced", async () => {
    const { call, api } = service();
    api.failure = new SpotError('state-busy', 'the state file /root/.spot/state.db is busy', { exitCode: 78 });
    expect(await call('deploy_payload', { instance_ids: ['i-1'], payload: 'x' })).toMatchObject({
      error: { code: -32081, message: 'The state could not be written in time; try again.' },
    });
  });

  test('errors of EC2 share a number and keep their codes', async () => {
    const { call, api } = service();
    api.failure = new SpotError('aws-throttled', 'EC2 in us-east-1 is busy; try again', { exitCode: 69 });
    expect(await call('deploy_payload', { instance_ids: ['i-1'], payload: 'x' })).toMatchObject({
      error: { code: -32080, message: 'EC2 in us-east-1 is busy; try again', data: { code: 'aws-throttled' } },
    });
  });
});
