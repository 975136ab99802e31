// What the queue costs: adding keys, working on them, and noticing them. In the state file; or, with --database and the URL
// of an empty database, with graphile-worker in PostgreSQL.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadParts } from './bundle.js';
import { printTable, spread } from './measure.js';

const ROUNDS = 5;
const KEYS = 500;
const QUEUED = 100_000;
/** Of one request at most, as in the service. */
const OF_A_REQUEST = 10_000;
const CONCURRENCY = 50;
const IDLE_S = 5;
const CLOCK = { now: () => Date.now() };
let made = 0;

const { values } = parseArgs({ options: { database: { type: 'string' } } });
const database = values.database ?? null;
const { openQueue, openState } = await loadParts(`
  export { openQueue } from './src/service/queue/open.ts';
  export { openState } from './src/state/state.ts';
`);
const folder = mkdtempSync(join(tmpdir(), 'queue-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

const [here, there] = [await open(), await open()];
const rows = [['', 'median (least–most)']];
await measureAll('');
await rounds('add to handler, an idle worker of this process, ms', () => latency(here.queue));
await rounds('add to handler, an idle worker elsewhere, ms', () => latency(there.queue));
rows.push(['an idle worker, ms of CPU a second', (await idleCpu()).toFixed(1)]);
await queueMany();
await measureAll(', 100,000 queued');
await rounds('counting them, ms', () => {
  const started = performance.now();
  here.queue.counts();
  return performance.now() - started;
});
printTable(rows);
for (const { state } of [here, there]) state.close();

async function measureAll(where) {
  await rounds(`keys added a second, each by itself${where}`, addRate);
  await rounds(`one key after the other, ms each${where}`, async () => (await drain(1)) / KEYS);
  await rounds(`${CONCURRENCY} at once, ms each${where}`, async () => (await drain(CONCURRENCY)) / KEYS);
}

async function rounds(what, measure) {
  const results = [];
  for (let round = 0; round < ROUNDS; round += 1) results.push(await measure());
  rows.push([what, spread(results)]);
}

async function open() {
  const state = openState(folder, { clock: CLOCK, database });
  return { state, queue: await openQueue({ state, database, clock: CLOCK, random: Math.random }) };
}

/** Adds keys, which the next `drain` takes. */
function addRate() {
  const started = performance.now();
  for (let index = 0; index < KEYS; index += 1) here.queue.add([newKey(`one-${index}`)]);
  return (KEYS / (performance.now() - started)) * 1000;
}

/** @returns how long so many keys take, ms: what is done with them takes no time */
async function drain(concurrency) {
  addRate();
  let handled = 0;
  let started = 0;
  let seconds = 0;
  let finish;
  const all = new Promise((resolve) => (finish = resolve));
  const working = await work(here.queue, concurrency, () => {
    if (handled === 0) started = performance.now();
    handled += 1;
    if (handled === KEYS) seconds = performance.now() - started;
    if (handled === KEYS) finish();
    return Promise.resolve('done');
  });
  await all;
  await working.stop();
  return seconds;
}

/** @returns ms */
async function latency(adding) {
  let arrived;
  const arrival = new Promise((resolve) => (arrived = resolve));
  const working = await work(here.queue, CONCURRENCY, (key) => {
    if (key.startsWith('late')) arrived(performance.now());
    return Promise.resolve('done');
  });
  while (here.queue.counts().due > 0) await sleep(100);
  await sleep(300 + Math.random() * 300);
  const started = performance.now();
  adding.add([newKey('late')]);
  const took = (await arrival) - started;
  await working.stop();
  return took;
}

async function idleCpu() {
  const working = await work(here.queue, CONCURRENCY, () => Promise.resolve('done'));
  await sleep(500);
  const before = process.cpuUsage();
  await sleep(IDLE_S * 1000);
  const { user, system } = process.cpuUsage(before);
  await working.stop();
  return (user + system) / 1000 / IDLE_S;
}

/** The keys of the rounds are of later requests, and take turns with these. */
async function queueMany() {
  for (let request = 0; request < QUEUED / OF_A_REQUEST; request += 1) {
    here.queue.add(
      Array.from({ length: OF_A_REQUEST }, (_, index) => ({
        ...newKey(`many-${request}`),
        key: `${request}-${index}`,
      })),
    );
  }
}

function work(queue, concurrency, handler) {
  const onProblem = (message, error) => console.error(message, error);
  return queue.work(handler, { concurrency, leaseMs: 15_000, onProblem });
}

function newKey(request) {
  made += 1;
  return { key: `${request}-${made}`, requestId: `${request}-${made}`, dueAt: CLOCK.now() };
}
