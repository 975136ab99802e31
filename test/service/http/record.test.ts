import { expect, test } from 'vitest';
import { leakCheck } from '../../helpers/leaks.ts';
import { MemoryService } from '../../helpers/memory-service.ts';
import { sendRaw, startServer } from './support.ts';

leakCheck();

const JSON_TYPE = { 'content-type': 'application/json' };

test('no secret of a session gets into the log, whatever field it was in', async () => {
  const secrets = new Set<string>();
  const secret = (): string => {
    const made = `hush${secrets.size}hush`;
    secrets.add(made);
    return made;
  };
  const server = await startServer({ api: new MemoryService('i-1'), uploads: { accept: takeAll } });
  const { fetch, rpc, where, api, log } = server;
  const deploy = () => ({
    instance_ids: ['i-1', secret()],
    payload_path: `/srv/${secret()}`,
    remote_path: `/opt/${secret()}`,
    [secret()]: secret(),
  });
  await rpc('deploy_payload', deploy());
  const { instance_ids, payload_path, remote_path } = deploy();
  await rpc('deploy_payload', { instance_ids, payload_path, remote_path });
  await rpc(secret(), { a: secret() });
  await rpc('get_task', [secret()]);
  await rpc('list_instances', {}, { authorization: `Bearer ${secret()}`, 'user-agent': secret(), cookie: secret() });
  await fetch('/rpc', { method: 'POST', headers: JSON_TYPE, body: `{"${secret()}` });
  await fetch(`/api/v1/tasks/${secret()}?${secret()}=${secret()}`);
  await fetch(`/${secret()}`);
  const run = { args: [secret()], environment: { [secret()]: secret() }, payload: secret(), instance_ids: [secret()] };
  await fetch('/api/v1/runs', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(run) });
  await fetch('/api/v1/runs', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ ...run, limit: [secret()] }),
  });
  const archive = { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: secret() };
  expect((await fetch(`/api/v1/payloads?digest=${secret()}`, archive)).status).toBe(400);
  expect((await fetch('/api/v1/payloads', archive)).status).toBe(201);
  await sendRaw(where, `${secret()}\r\n\r\n`);
  api.failure = Object.assign(new Error('a mistake of ours'), { details: { script: secret() } });
  await rpc('deploy_payload', { instance_ids: ['i-1'], payload: secret() });
  const text = log.text();
  expect([...secrets].filter((each) => text.includes(each))).toEqual([]);
  expect(text).not.toContain(server.token);
  expect(text).toContain('a mistake of ours');
  expect(log.lines().filter(({ msg }) => msg === 'request')).toHaveLength(13);
});

async function takeAll(content: AsyncIterable<Buffer>) {
  for await (const chunk of content) expect(chunk.length).toBeGreaterThan(0);
  return { name: 'a', version: 1, digest: 'ab'.repeat(32) };
}

test('each request has a line: who, what, how it ended, and the id that its answer has', async () => {
  const { rpc, fetch, log } = await startServer();
  const answer = await rpc('list_instances');
  await fetch('/healthz');
  const [line, quiet] = log.lines();
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    msg: 'request',
    requestId: answer.headers.get('x-request-id'),
    who: 'ci',
    method: 'POST',
    route: '/rpc',
    status: 200,
    ms: expect.any(Number),
  });
  expect(quiet).toMatchObject({ level: 'debug', route: '/healthz' });
});

test('the audit has a row for each call that changes something, and for each refused token', async () => {
  const { rpc, fetch, where, state, api } = await startServer({ uploads: { accept: takeAll } });
  const many = Array.from({ length: 12 }, (_, number) => `i-${number + 1}`);
  await rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  await rpc('deploy_payload', { instance_ids: many, payload: 'x' });
  await rpc('deploy_payload', { instance_ids: ['i-9'], payload: 'x' });
  api.failure = new Error('broken');
  await rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  await rpc('deploy_payload', { instance_ids: [] });
  await rpc('create_instance', { provider: 'aws', region: 'us-east-1', size: 't3.micro', name: 'web' });
  await rpc('cancel_payload', ['pl-1']);
  await rpc('cancel_payload', ['pl-99']);
  await rpc('terminate_instance', ['i-2']);
  await rpc('list_instances');
  const run = { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ instance_ids: ['i-1'], payload: 'x' }) };
  await fetch('/api/v1/runs', run);
  await fetch('/api/v1/runs/r-1/cancel', { method: 'POST' });
  await fetch('/api/v1/payloads', { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: 'x' });
  await globalThis.fetch(`${where}/api/v1/tasks/tk-1`);
  const rows = state.audit.list(100).reverse();
  expect(rows.map(({ who, what, target, outcome }) => [who, what, target, outcome])).toEqual([
    ['ci', 'deploy', 'i-1', 'ok'],
    ['ci', 'deploy', `${many.slice(0, 10).join(',')} and 2 more`, 'partly'],
    ['ci', 'deploy', 'i-9', 'instance-unknown'],
    ['ci', 'deploy', 'i-1', 'internal'],
    ['ci', 'create', 'us-east-1/t3.micro/web', 'ok'],
    ['ci', 'cancel', 'pl-1', 'ok'],
    ['ci', 'cancel', 'pl-99', 'deployment-unknown'],
    ['ci', 'terminate', 'i-2', 'ok'],
    ['ci', 'start-run', 'i-1', 'ok'],
    ['ci', 'cancel-run', 'r-1', 'run-unknown'],
    ['ci', 'upload', null, 'ok'],
    ['nobody', 'authorise', 'GET /api/v1/tasks/:id', 'token-missing'],
  ]);
  expect(rows[0]).toMatchObject({ at: '2026-11-21T03:45:12.000Z', requestId: 'rq-1' });
});

test('a call is answered although the audit cannot be written; that is logged', async () => {
  const { rpc, state, log } = await startServer();
  state.audit.add = () => {
    throw new Error('the disk is full');
  };
  const answer = await rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  expect(await answer.json()).toMatchObject({ result: { payload_ids: ['pl-1'] } });
  expect(log.lines()).toContainEqual(
    expect.objectContaining({ level: 'error', msg: 'the audit cannot be written', who: 'ci', what: 'deploy' }),
  );
});

test('/metrics counts requests by route, calls by method, and tells of the queue', async () => {
  const { rpc, fetch, where } = await startServer();
  await rpc('deploy_payload', { instance_ids: ['i-1'], payload: 'x' });
  await rpc('get_task', ['tk-9']);
  await fetch('/api/v1/instances/i-1');
  await fetch('/api/v1/instances/i-2');
  await fetch('/nothing/here');
  expect((await globalThis.fetch(`${where}/metrics`)).status).toBe(401);
  const answer = await fetch('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'spot_queue_keys{state="due"} 1',
      'spot_queue_keys{state="put_off"} 2',
      'spot_queue_keys{state="claimed"} 1',
      'spot_workers 3',
      'spot_deployments{status="pending"} 0',
      'spot_deployments{status="failed"} 0',
      'spot_rpc_calls_total{method="deploy_payload",outcome="ok"} 1',
      'spot_rpc_calls_total{method="get_task",outcome="task-unknown"} 1',
      'spot_http_request_duration_seconds_count{method="GET",route="/api/v1/instances/:id",status="200"} 2',
      'spot_http_request_duration_seconds_count{method="GET",route="unknown",status="404"} 1',
      'spot_http_request_duration_seconds_count{method="POST",route="/rpc",status="200"} 2',
    ]),
  );
  expect(lines.some((line) => line.startsWith('process_cpu_seconds_total '))).toBe(true);
  expect(lines.filter((line) => line.includes('nothing'))).toEqual([]);
});
