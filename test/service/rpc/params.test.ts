import { expect, test } from 'vitest';
import { MemoryService } from '../../helpers/memory-service.ts';
import { rpcOver } from './support.ts';

const SOURCES = 'exactly one of payload_path, payload and payload_digest has to be given';
const KNOWN_DEPLOY = 'instance_ids, payload_path, remote_path, execute_payload, timeout, payload, payload_digest';
const WRONG: readonly [string, string, unknown, readonly { path: string; message: string }[]][] = [
  [
    'all that is wrong at once',
    'deploy_payload',
    { instance_ids: ['i-1', 7, ''], timeout: 'soon', execute_payload: 1, nonsense: 1, more: 2, remote_path: 'a\0b' },
    [
      { path: 'instance_ids.1', message: 'it is not a text' },
      { path: 'instance_ids.2', message: 'it is empty' },
      { path: 'remote_path', message: 'it holds a control character' },
      { path: 'execute_payload', message: 'it is neither true nor false' },
      { path: 'timeout', message: 'it is not a number of seconds' },
      { path: '', message: SOURCES },
      { path: 'nonsense', message: `it is not known; known are ${KNOWN_DEPLOY}` },
      { path: 'more', message: `it is not known; known are ${KNOWN_DEPLOY}` },
    ],
  ],
  ['nothing at all', 'get_task', undefined, [{ path: 'task_id', message: 'it is missing' }]],
  ['no parameters by position', 'get_task', [], [{ path: 'task_id', message: 'it is missing' }]],
  ['too many by position', 'get_task', ['tk-1', 2], [{ path: '', message: 'there are 2 of at most 1' }]],
  [
    'two payloads',
    'deploy_payload',
    { instance_ids: ['i-1'], payload: 'a', payload_path: '/b' },
    [{ path: '', message: SOURCES }],
  ],
  ['no payload', 'deploy_payload', { instance_ids: ['i-1'] }, [{ path: '', message: SOURCES }]],
  [
    'no instance',
    'deploy_payload',
    { instance_ids: [], payload: 'a' },
    [{ path: 'instance_ids', message: 'it is empty' }],
  ],
  [
    'an instance twice',
    'deploy_payload',
    { instance_ids: ['i-1', 'i-1'], payload: 'a' },
    [{ path: 'instance_ids', message: 'it names an instance twice' }],
  ],
  [
    'more instances than one request may name',
    'deploy_payload',
    { instance_ids: Array.from({ length: 10_001 }, (_, number) => `i-${number}`), payload: 'a' },
    [{ path: 'instance_ids', message: 'it has more than 10000 entries' }],
  ],
  ...[0, -1, 0.0001, 2_073_601].map((timeout): (typeof WRONG)[number] => [
    `a timeout of ${timeout} s`,
    'deploy_payload',
    { instance_ids: ['i-1'], payload: 'a', timeout },
    [{ path: 'timeout', message: timeout > 1 ? 'it is more than 2073600 seconds' : 'it is less than a millisecond' }],
  ]),
  ...[0, 1001, 1.5].map((limit): (typeof WRONG)[number] => [
    `a limit of ${limit}`,
    'list_instances',
    { limit },
    [
      {
        path: 'limit',
        message: { 0: 'it is less than 1', 1001: 'it is more than 1000' }[limit] ?? 'it is not a whole number',
      },
    ],
  ]),
  [
    'a status of another kind',
    'list_tasks',
    { status: 'done' },
    [
      {
        path: 'status',
        message: 'it is none of waiting, queued, put-off, running, completed, failed, cancelled',
      },
    ],
  ],
  [
    'names that every object has',
    'list_instances',
    JSON.parse('{"constructor": 1, "__proto__": {"limit": 0}}'),
    ['constructor', '__proto__'].map((path) => ({ path, message: 'it is not known; known are limit, cursor' })),
  ],
  [
    'another provider',
    'create_instance',
    { provider: 'gcp', region: 'us-east-1', size: 't3.micro' },
    [{ path: 'provider', message: 'it is not aws' }],
  ],
];

test.each(WRONG)('params are refused with %s', async (_, method, params, data) => {
  const { call, api } = rpcOver(new MemoryService('i-1'));
  expect(await call(method, params)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32602, message: 'Invalid params', data },
  });
  expect(api.calls).toEqual([]);
});
