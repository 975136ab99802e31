import { describe, expect, test } from 'vitest';
import { MemoryService } from '../../helpers/memory-service.ts';
import { rpcOver } from './support.ts';

/**
 * Section 7 of https://www.jsonrpc.org/specification, example by example. Its methods are not ours: `subtract` is
 * `get_task`, whose result names the task that was asked for; `update`, `notify_sum`, `notify_hello` and `foobar` as
 * notifications are not there over here either, which a notification is not told. What is in `text` is sent as it is.
 */
const TASK = { task_id: 'tk-2' };
const EXAMPLES: readonly { readonly name: string; readonly text: string; readonly answer: unknown }[] = [
  {
    name: 'a call with positional parameters',
    text: '{"jsonrpc": "2.0", "method": "get_task", "params": ["tk-2"], "id": 1}',
    answer: { jsonrpc: '2.0', result: 'tk-2', id: 1 },
  },
  {
    name: 'another one',
    text: '{"jsonrpc": "2.0", "method": "get_task", "params": ["tk-1"], "id": 2}',
    answer: { jsonrpc: '2.0', result: 'tk-1', id: 2 },
  },
  {
    name: 'a call with named parameters',
    text: `{"jsonrpc": "2.0", "method": "get_task", "params": ${JSON.stringify(TASK)}, "id": 3}`,
    answer: { jsonrpc: '2.0', result: 'tk-2', id: 3 },
  },
  {
    name: 'named parameters behind the id',
    text: `{"id": 4, "params": ${JSON.stringify(TASK)}, "method": "get_task", "jsonrpc": "2.0"}`,
    answer: { jsonrpc: '2.0', result: 'tk-2', id: 4 },
  },
  {
    name: 'a notification',
    text: '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
    answer: null,
  },
  { name: 'a notification without parameters', text: '{"jsonrpc": "2.0", "method": "foobar"}', answer: null },
  {
    name: 'a method that is not there',
    text: '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    answer: { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '1' },
  },
  {
    name: 'a call with invalid JSON',
    text: '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    answer: { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null },
  },
  {
    name: 'a call with an invalid request object',
    text: '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    answer: { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null },
  },
  {
    name: 'a batch with invalid JSON',
    text: `[
      {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method"
    ]`,
    answer: { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null },
  },
  {
    name: 'an empty batch',
    text: '[]',
    answer: { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null },
  },
  {
    name: 'an invalid batch that is not empty',
    text: '[1]',
    answer: [{ jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null }],
  },
  {
    name: 'an invalid batch of several',
    text: '[1,2,3]',
    answer: Array.from({ length: 3 }, () => ({
      jsonrpc: '2.0',
      error: { code: -32600, message: 'Invalid Request' },
      id: null,
    })),
  },
  {
    name: 'a batch of all kinds',
    text: `[
      {"jsonrpc": "2.0", "method": "get_task", "params": ["tk-1"], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "get_task", "params": ["tk-2"], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_task", "params": {"task_id": "tk-1"}, "id": "9"}
    ]`,
    answer: [
      { jsonrpc: '2.0', result: 'tk-1', id: '1' },
      { jsonrpc: '2.0', result: 'tk-2', id: '2' },
      { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null },
      { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: '5' },
      { jsonrpc: '2.0', result: 'tk-1', id: '9' },
    ],
  },
  {
    name: 'a batch of notifications',
    text: `[
      {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
    ]`,
    answer: null,
  },
];

describe('the examples of the specification:', () => {
  test.each(EXAMPLES)('$name', async ({ text, answer }) => {
    const { send, api } = rpcOver(new MemoryService('i-1'));
    const order = {
      instanceIds: ['i-1'],
      payload: { reference: 'x' },
      remotePath: null,
      execute: true,
      timeoutMs: null,
    };
    await api.deploy(order, { name: 'test', requestId: 'rq-0' });
    expect(shortened(await send(text))).toEqual(answer);
  });
});

/** A task's document is as long as it is: its id stands for it. */
function shortened(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(shortened);
  const { result } = (answer ?? {}) as { result?: { id: string } };
  return result === undefined ? answer : { ...(answer as object), result: result.id };
}

const INVALID = { code: -32600, message: 'Invalid Request' };
const LETTER: readonly { readonly name: string; readonly text: string; readonly answer: unknown }[] = [
  ...['null', '0', '""', 'false', '"text"', 'true', '-1.5'].map((text) => ({
    name: `the JSON value ${text}`,
    text,
    answer: { jsonrpc: '2.0', error: INVALID, id: null },
  })),
  ...['', ' ', '{', '\ufffe', 'nul', '{"a":1}x'].map((text) => ({
    name: `the text ${JSON.stringify(text)}`,
    text,
    answer: { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null },
  })),
  ...[1, 0, -7, 1.5, '', 'ä', null].map((id) => ({
    name: `the id ${JSON.stringify(id)}`,
    text: JSON.stringify({ jsonrpc: '2.0', method: 'nope', id }),
    answer: { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id },
  })),
  ...['true', '{}', '[]', '1e999'].map((id) => ({
    name: `the id ${id}, which is none`,
    text: `{"jsonrpc":"2.0","method":"nope","id":${id}}`,
    answer: { jsonrpc: '2.0', error: INVALID, id: null },
  })),
  ...['"1.0"', '2', '2.0', 'null'].map((version) => ({
    name: `version ${version}`,
    text: `{"jsonrpc":${version},"method":"list_instances","id":"a"}`,
    answer: { jsonrpc: '2.0', error: INVALID, id: 'a' },
  })),
  ...['null', '1', '"x"', 'true'].map((params) => ({
    name: `params ${params}, which are no structure`,
    text: `{"jsonrpc":"2.0","method":"list_instances","params":${params},"id":7}`,
    answer: { jsonrpc: '2.0', error: INVALID, id: 7 },
  })),
  {
    name: 'null and a list in a batch',
    text: '[null,[]]',
    answer: [null, null].map((id) => ({ jsonrpc: '2.0', error: INVALID, id })),
  },
  {
    name: 'a batch of one',
    text: '[{"jsonrpc":"2.0","method":"nope","id":1}]',
    answer: [{ jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: 1 }],
  },
  ...['__proto__', 'constructor', 'toString'].map((method) => ({
    name: `the method ${method}`,
    text: `{"jsonrpc":"2.0","method":"${method}","id":1}`,
    answer: { jsonrpc: '2.0', error: { code: -32601, message: 'Method not found' }, id: 1 },
  })),
  {
    name: 'a notification that fails',
    text: '{"jsonrpc":"2.0","method":"get_task","params":{"task_id":"tk-9"}}',
    answer: null,
  },
  {
    name: 'a notification with invalid params',
    text: '{"jsonrpc":"2.0","method":"get_task","params":[1,2]}',
    answer: null,
  },
];

describe('the letter of the specification, beyond its examples:', () => {
  test.each(LETTER)('$name', async ({ text, answer }) => {
    expect(await rpcOver(new MemoryService()).send(text)).toEqual(answer);
  });

  test('a batch of more than 100 is refused as a whole', async () => {
    const { send } = rpcOver(new MemoryService());
    const batch = Array.from({ length: 101 }, (_, id) => ({ jsonrpc: '2.0', method: 'list_instances', id }));
    const error = { ...INVALID, data: { message: 'a batch has at most 100 requests' } };
    expect(await send(JSON.stringify(batch))).toEqual({ jsonrpc: '2.0', error, id: null });
    expect(await send(JSON.stringify(batch.slice(1)))).toHaveLength(100);
  });
});
