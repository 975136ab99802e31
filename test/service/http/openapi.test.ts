import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { startServer, type TestServer } from './support.ts';

leakCheck();

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
  readonly requestBody?: { content: Record<string, { schema: object }> };
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

async function documentOf({ fetch }: TestServer): Promise<Document> {
  return (await (await fetch('/openapi.json')).json()) as Document;
}

function check(schema: object | boolean, value: unknown): string | null {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  return ajv.validate(schema, value) ? null : ajv.errorsText();
}

/** The schema that the document has for an answer: the status, or its hundred. */
function schemaFor(document: Document, method: string, path: string, status: number): object {
  const { responses } = document.paths[path]?.[method] ?? { responses: {} };
  const response = responses[String(status)] ?? responses[`${String(status)[0]}XX`];
  const content = Object.values(response?.content ?? {})[0];
  if (content === undefined) throw new Error(`${method} ${path} has no answer ${status}`);
  return content.schema;
}

const ORDER = { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: null, payload: 'deploy' };

test('it is valid, and has every route', async () => {
  const document = await documentOf(await startServer());
  expect(document.openapi).toBe('3.1.0');
  expect(document.info.version).toBe('1.2.3');
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(routes.sort()).toEqual([
    'get /api/v1/fleet',
    'get /api/v1/fleet/{id}',
    'get /api/v1/instances',
    'get /api/v1/instances/{id}',
    'get /api/v1/instances/{id}/attempts',
    'get /api/v1/payloads/{id}',
    'get /api/v1/registry',
    'get /api/v1/registry/{name}/{version}',
    'get /api/v1/runs',
    'get /api/v1/runs/{id}',
    'get /api/v1/runs/{id}/attempts',
    'get /api/v1/runs/{id}/attempts/{instance}',
    'get /api/v1/runs/{id}/clusters',
    'get /api/v1/runs/{id}/events',
    'get /api/v1/runs/{id}/outputs/{instance}/{stream}',
    'get /api/v1/tasks/{id}',
    'get /healthz',
    'get /metrics',
    'get /openapi.json',
    'post /api/v1/instances',
    'post /api/v1/payloads',
    'post /api/v1/runs',
    'post /api/v1/runs/{id}/cancel',
    'post /api/v1/selection',
    'post /rpc',
  ]);
  const ajv = new Ajv2020({ strict: false });
  const schemas = JSON.stringify(document).match(/"schema":\{/g);
  expect(schemas?.length).toBeGreaterThan(20);
  for (const schema of Object.values(document.components.schemas)) expect(ajv.validateSchema(schema)).toBe(true);
});

test('answers are what it says, good ones and bad ones', async () => {
  const server = await startServer();
  const document = await documentOf(server);
  const json = { 'content-type': 'application/json' };
  const post = (body: unknown): RequestInit => ({ method: 'POST', headers: json, body: JSON.stringify(body) });
  await server.rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x', execute_payload: true });
  const asked: readonly [string, string, string, RequestInit | undefined, number][] = [
    ['post', '/api/v1/instances', '/api/v1/instances', post({ instances: [ORDER, { ...ORDER, name: 'web' }] }), 202],
    ['post', '/api/v1/instances', '/api/v1/instances', post({ instances: [{ ...ORDER, region: 1, x: 2 }] }), 400],
    ['post', '/api/v1/instances', '/api/v1/instances', post([]), 400],
    ['post', '/api/v1/instances', '/api/v1/instances', { ...post(null), body: '{' }, 400],
    ['get', '/api/v1/instances', '/api/v1/instances?limit=1', undefined, 200],
    ['get', '/api/v1/instances', '/api/v1/instances?limit=1&cursor=i-1', undefined, 200],
    ['get', '/api/v1/instances', '/api/v1/instances?limit=none&nonsense', undefined, 400],
    ['get', '/api/v1/instances', '/api/v1/instances?limit=1&limit=2', undefined, 400],
    ['get', '/api/v1/instances/{id}', '/api/v1/instances/i-1', undefined, 200],
    ['get', '/api/v1/instances/{id}', '/api/v1/instances/i-9', undefined, 404],
    ['get', '/api/v1/payloads/{id}', '/api/v1/payloads/pl-1', undefined, 200],
    ['get', '/api/v1/payloads/{id}', '/api/v1/payloads/pl-9', undefined, 404],
    ['get', '/api/v1/tasks/{id}', '/api/v1/tasks/tk-2', undefined, 200],
    ['get', '/api/v1/tasks/{id}', '/api/v1/tasks/%00', undefined, 400],
    ['get', '/healthz', '/healthz', undefined, 200],
    ['post', '/rpc', '/rpc', post({ jsonrpc: '2.0', method: 'list_tasks', id: 1 }), 200],
    ['post', '/rpc', '/rpc', post([{ jsonrpc: '2.0', method: 'nope', id: 1 }, 1]), 200],
  ];
  for (const [method, route, path, init, status] of asked) {
    const answer = await server.fetch(path, init);
    const body: unknown = await answer.json();
    expect({ path, status: answer.status }).toEqual({ path, status });
    expect({ path, wrong: check(schemaFor(document, method, route, status), body) }).toEqual({ path, wrong: null });
  }
});

test('results of JSON-RPC are what it says, and so are parameters', async () => {
  const server = await startServer();
  const { schemas } = (await documentOf(server)).components;
  const calls: readonly [string, object][] = [
    ['deploy_payload', { instance_ids: ['i-1', 'i-9'], payload: 'x', execute_payload: true, timeout: 0.5 }],
    ['get_payload_status', { payload_id: 'pl-1' }],
    ['list_instance_payloads', { instance_id: 'i-1' }],
    ['cancel_payload', { payload_id: 'pl-1' }],
    ['get_task', { task_id: 'tk-1' }],
    ['list_tasks', { status: 'queued', limit: 5 }],
    ['list_instances', {}],
    ['create_instance', ORDER],
    ['terminate_instance', { instance_id: 'i-2' }],
  ];
  for (const [method, params] of calls) {
    expect({ method, wrong: check(schemas[`${method}.params`] ?? false, params) }).toEqual({ method, wrong: null });
    expect(check(schemas[`${method}.params`] ?? false, { ...params, nonsense: 1 })).not.toBeNull();
    const { result } = (await (await server.rpc(method, params)).json()) as { result: unknown };
    expect({ method, wrong: check(schemas[`${method}.result`] ?? false, result) }).toEqual({ method, wrong: null });
  }
  expect(Object.keys(schemas)).toHaveLength(2 * calls.length);
});
