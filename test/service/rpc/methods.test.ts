import { describe, expect, test } from 'vitest';
import { METHODS } from '../../../src/service/rpc/methods.ts';
import { finished, MemoryService } from '../../helpers/memory-service.ts';
import { type Rpc, rpcOver } from './support.ts';

const PAYLOAD = { payload_path: '/srv/deploy.sh' };

function service(): Rpc {
  return rpcOver(new MemoryService('i-1', 'i-2', 'i-3'));
}

test('the methods are these', () => {
  expect([...METHODS.keys()]).toEqual([
    'deploy_payload',
    'get_payload_status',
    'list_instance_payloads',
    'cancel_payload',
    'get_task',
    'list_tasks',
    'list_instances',
    'create_instance',
    'terminate_instance',
  ]);
});

describe('deploy_payload', () => {
  test('answers with ids, and names who cannot get it', async () => {
    const { call } = service();
    const params = { instance_ids: ['i-1', 'i-9', 'i-2'], ...PAYLOAD, execute_payload: true };
    expect(await call('deploy_payload', params)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        success: false,
        payload_ids: ['pl-1', 'pl-2'],
        task_ids: ['tk-1', 'tk-2', 'tk-3', 'tk-4'],
        errors: [{ instance_id: 'i-9', code: 'instance-unknown', message: 'there is no instance i-9' }],
      },
    });
  });

  test('takes what is left out for what is documented', async () => {
    const { call, api } = service();
    await call('deploy_payload', { instance_ids: ['i-1'], payload: 'deploy@1' });
    expect(api.calls).toEqual([
      {
        what: 'deploy',
        args: [
          {
            instanceIds: ['i-1'],
            payload: { reference: 'deploy@1' },
            remotePath: null,
            execute: false,
            timeoutMs: null,
          },
          { name: 'test', requestId: 'rq-1' },
        ],
      },
    ]);
  });

  test.each([
    ['by name', { instance_ids: ['i-1'], ...PAYLOAD, remote_path: '/opt/a.sh', execute_payload: true, timeout: 1.5 }],
    ['by position', [['i-1'], '/srv/deploy.sh', '/opt/a.sh', true, 1.5]],
    ['by position, with null for what is left out', [['i-1'], '/srv/deploy.sh', '/opt/a.sh', true, 1.5, null, null]],
  ])('takes all of it %s', async (_, params) => {
    const { call, api } = service();
    await call('deploy_payload', params);
    expect(api.calls[0]?.args[0]).toEqual({
      instanceIds: ['i-1'],
      payload: { path: '/srv/deploy.sh' },
      remotePath: '/opt/a.sh',
      execute: true,
      timeoutMs: 1500,
    });
  });

  test('takes an upload by its digest', async () => {
    const { call, api } = service();
    const digest = '0a'.repeat(32);
    await call('deploy_payload', { instance_ids: ['i-1'], payload_digest: digest });
    expect(api.calls[0]?.args[0]).toMatchObject({ payload: { digest } });
  });
});

test('get_payload_status tells all there is to know', async () => {
  const { call, api } = service();
  await call('deploy_payload', { instance_ids: ['i-1'], payload: 'x', remote_path: '~/a.sh', execute_payload: true });
  expect(await call('get_payload_status', { payload_id: 'pl-1' })).toMatchObject({
    result: { status: 'pending', execution_time: null, executed: false, error: null, task_id: 'tk-1' },
  });
  const first = api.deployment('pl-1');
  const problem = { code: 'script-failed', message: 'the script ended with 3' };
  api.deploymentsById.set('pl-1', {
    ...first,
    ...finished({ status: 'failed', problem, runId: 'r-1', errorOutput: 'no' }),
  });
  for (const [id, status] of [
    ['tk-1', 'completed'],
    ['tk-2', 'failed'],
  ] as const) {
    api.tasksById.set(id, { ...api.task(id), status, finishedAt: '2026-11-21T03:45:18.000Z' });
  }
  expect(await call('get_payload_status', ['pl-1'])).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: {
      id: 'pl-1',
      instance_id: 'i-1',
      payload: 'deploy@3',
      remote_path: '~/a.sh',
      status: 'failed',
      execution_time: '5.321s',
      executed: true,
      output: 'xxx',
      error_output: 'no',
      error: 'the script ended with 3',
      error_code: 'script-failed',
      task_id: 'tk-2',
      run_id: 'r-1',
      requested_by: 'test',
      cancelled_by: null,
      created_at: '2026-11-21T03:45:12.000Z',
      updated_at: '2026-11-21T03:45:12.000Z',
      finished_at: '2026-11-21T03:45:12.000Z',
    },
  });
});

test('lists come in pages', async () => {
  const { call } = service();
  const page = (cursor?: string) => call('list_instances', { limit: 2, ...(cursor !== undefined && { cursor }) });
  expect(await page()).toMatchObject({
    result: { instances: [{ instance_id: 'i-1' }, { instance_id: 'i-2' }], next_cursor: 'i-2' },
  });
  expect(await page('i-2')).toMatchObject({ result: { instances: [{ instance_id: 'i-3' }], next_cursor: null } });
});

test('what is listed of an instance and of a payload is what belongs to it', async () => {
  const { call } = service();
  await call('deploy_payload', { instance_ids: ['i-1', 'i-2'], payload: 'x', execute_payload: true });
  expect(await call('list_instance_payloads', { instance_id: 'i-2' })).toMatchObject({
    result: { payloads: [{ id: 'pl-2', instance_id: 'i-2', task_id: 'tk-3' }], next_cursor: null },
  });
  expect(await call('list_tasks', { payload_id: 'pl-2', status: 'waiting' })).toMatchObject({
    result: { tasks: [{ id: 'tk-4', type: 'payload_execute', status: 'waiting', payload_id: 'pl-2' }] },
  });
  expect(await call('get_task', ['tk-3'])).toMatchObject({
    result: { id: 'tk-3', type: 'payload_transfer', tries: 0 },
  });
});

test('create_instance and terminate_instance', async () => {
  const { call, api } = service();
  const order = { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: 'web' };
  expect(await call('create_instance', { ...order, ...PAYLOAD, execute_payload: true, timeout: 60 })).toMatchObject({
    result: { success: true, payload_ids: ['pl-1'], errors: [] },
  });
  expect(api.calls[0]?.args[0]).toEqual({
    instances: [{ ...order, payload: { path: '/srv/deploy.sh' }, execute: true, remotePath: null, timeoutMs: 60_000 }],
  });
  expect(await call('terminate_instance', ['i-1'])).toMatchObject({
    result: { instance_id: 'i-1', state: 'shutting-down' },
  });
});

test('cancel_payload is on record with who wants it', async () => {
  const { call } = service();
  await call('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  expect(await call('cancel_payload', ['pl-1'])).toMatchObject({ result: { id: 'pl-1', cancelled_by: 'test' } });
});

test('requests of a batch have request ids of their own', async () => {
  const { send, api } = service();
  const params = { instance_ids: ['i-1'], payload: 'x' };
  const one = { jsonrpc: '2.0', method: 'deploy_payload', params };
  await send(JSON.stringify([one, one]));
  expect(api.calls.map(({ args }) => (args[1] as { requestId: string }).requestId)).toEqual(['rq-1.1', 'rq-1.2']);
});
