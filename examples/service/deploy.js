#!/usr/bin/env node
// Has a service of spot bring a payload to instances, shows what the scripts say while they run, and ends with 0 if all of
// them did. It needs Node alone, and is short enough to be written in any language.
//
//   deploy.js PAYLOAD INSTANCE…     PAYLOAD: a name or name@version of the registry, or /a/path that the service allows
//
// SPOT_SERVICE says where the service is: the path of its socket (default: .spot/service.sock), or http://…, https://…
// with the token in SPOT_TOKEN.
import http from 'node:http';
import https from 'node:https';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { URL } from 'node:url';

const SERVICE = process.env.SPOT_SERVICE || '.spot/service.sock';
const RETRY_MS = 1000;

const [payload, ...instances] = process.argv.slice(2);
if (instances.length === 0) {
  console.error('usage: deploy.js PAYLOAD INSTANCE…');
  process.exitCode = 64;
} else {
  process.exitCode = await deploy(payload, instances).catch((error) => {
    console.error(`deploy.js: ${error.message}`);
    return 1;
  });
}

async function deploy(payload, instances) {
  const source = payload.startsWith('/') ? { payload_path: payload } : { payload };
  const deployed = await call('deploy_payload', { instance_ids: instances, ...source, execute_payload: true });
  for (const { instance_id, message } of deployed.errors) console.error(`${instance_id}: ${message}`);
  // the instances that are up share one run; each that is still coming up gets one of its own
  const runs = new Set();
  for (const id of deployed.payload_ids) runs.add(await runOf(id));
  await Promise.all([...runs].filter((run) => run !== null).map(follow));
  const ends = await Promise.all(deployed.payload_ids.map((id) => endOf(id)));
  for (const { instance_id, status, execution_time, error } of ends) {
    console.log(`${instance_id} ${status}${execution_time ? ` in ${execution_time}` : ''}${error ? `: ${error}` : ''}`);
  }
  return deployed.errors.length === 0 && ends.every(({ status }) => status === 'completed') ? 0 : 1;
}

/** Waits until a payload is in a run; null where it has failed before. */
async function runOf(id) {
  for (;;) {
    const { run_id: run, finished_at: finishedAt } = await call('get_payload_status', { payload_id: id });
    if (run !== null || finishedAt !== null) return run;
    await pause(RETRY_MS);
  }
}

async function endOf(id) {
  for (;;) {
    const status = await call('get_payload_status', { payload_id: id });
    if (status.finished_at !== null) return status;
    await pause(RETRY_MS);
  }
}

/** Shows the outputs of a run until it is over, however often the service goes away meanwhile. */
async function follow(run) {
  let last = 0;
  for (;;) {
    try {
      const answer = await ask('GET', `/api/v1/runs/${run}/events`, { headers: { 'Last-Event-ID': last } });
      if (answer.statusCode === 204) return;
      if (answer.statusCode !== 200) throw new Error(`events of ${run}: ${await text(answer)}`);
      for await (const { id, data } of eventsOf(answer)) {
        last = id;
        show(data);
        if (data.type === 'run-finished') return;
      }
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await pause(RETRY_MS);
  }
}

/** Server-sent events: lines of `field: value`, an empty line behind each event. */
async function* eventsOf(answer) {
  let rest = '';
  for await (const piece of answer.setEncoding('utf8')) {
    const frames = (rest + piece).split('\n\n');
    rest = frames.pop();
    for (const frame of frames) {
      const [, id] = /^id: (.*)$/m.exec(frame) ?? [];
      const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
      if (data !== undefined) yield { id, data: JSON.parse(data) };
    }
  }
}

function show({ type, instance_id, stream, text: said = '(no text)\n' }) {
  if (type === 'output') process[stream].write(said.replace(/^(?=.)/gm, `${instance_id} | `));
}

/** JSON-RPC 2.0. @throws Error with what the service says */
async function call(method, params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  for (;;) {
    try {
      const answer = await ask('POST', '/rpc', { headers: { 'Content-Type': 'application/json' }, body });
      const said = await text(answer);
      if (answer.statusCode !== 200) throw new Error(said);
      const { result, error } = JSON.parse(said);
      if (error)
        throw new Error([error.message, ...[error.data ?? []].flat().map((one) => JSON.stringify(one))].join(' '));
      return result;
    } catch (error) {
      // to deploy again would deploy twice; to look again does no harm
      if (method === 'deploy_payload' || !isAway(error)) throw error;
      await pause(RETRY_MS);
    }
  }
}

function isAway({ code }) {
  return ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'].includes(code);
}

function ask(method, path, { headers, body }) {
  const isUrl = /^https?:/.test(SERVICE);
  const { request } = SERVICE.startsWith('https:') ? https : http;
  const token = process.env.SPOT_TOKEN ? { Authorization: `Bearer ${process.env.SPOT_TOKEN}` } : {};
  const options = { method, headers: { ...headers, ...token }, ...(!isUrl && { socketPath: SERVICE, path }) };
  return new Promise((resolve, reject) => {
    const asked = isUrl ? request(new URL(path, SERVICE), options, resolve) : request(options, resolve);
    asked.on('error', reject).end(body);
  });
}
