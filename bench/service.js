// What the service costs: `spot serve` on a Unix socket takes deploys at a steady rate, on the embedded state. Each is a
// request of its own over kept connections; its latency counts from the moment at which it was due, so that a service
// that stops for a second is not spared.
//
//   node bench/service.js [--rate 100] [--seconds 60]                          it only takes them: --no-worker
//   node bench/service.js --hosts FILE --ssh-config FILE [--rate 100] …        its worker carries them out, too
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printTable } from './measure.js';

const SPOT = fileURLToPath(new URL('../bin/spot.js', import.meta.url));
/** Of USER_HZ, which is 100 on Linux. */
const TICK_MS = 10;
const SETTLE_MS = 60_000;
/** Without real hosts: nobody connects to them. */
const IDLE_INSTANCES = 100;

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    hosts: { type: 'string' },
    'ssh-config': { type: 'string' },
  },
});
const rate = Number(options.rate);
const seconds = Number(options.seconds);

const rows = [['payload', 'worker', 'accepted/s', 'median ms', 'p99 ms', 'most ms', 'CPU ms each', 'RSS MB', 'MB/min']];
const details = [];
for (const kind of ['registered', 'by path']) await measure(kind);
printTable(rows);
for (const line of details) console.log(line);

/** Raises a service of its own, in a folder of its own. */
async function measure(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'service-'));
  const names = prepare(folder);
  const service = await start(folder);
  try {
    const source = kind === 'registered' ? { payload: 'hello' } : { payload_path: join(folder, 'scripts/hello.sh') };
    await send(service, deployOf(names[0], source));
    const watch = watchProcess(service.pid);
    const before = cpuMs(service.pid);
    const load = await sendSteadily(service, names, source);
    const cpu = cpuMs(service.pid) - before;
    const done = await metrics(service);
    watch.stop();
    note(kind, load, cpu, watch.samples, done);
    if (options.hosts !== undefined) await settle(service);
  } finally {
    service.child.kill('SIGTERM');
    await service.ended;
    rmSync(folder, { recursive: true });
  }
}

/** A state with instances and a payload, and a configuration. @returns names of the instances */
function prepare(folder) {
  mkdirSync(join(folder, 'scripts'));
  writeFileSync(join(folder, 'scripts/hello.sh'), 'echo hello\n');
  const config = { service: { payload_roots: [join(folder, 'scripts')], rate_limit: 100_000 } };
  if (options['ssh-config'] !== undefined) {
    config.ssh = { config_file: options['ssh-config'] };
    const [, key] = /IdentityFile (.*)/.exec(readFileSync(options['ssh-config'], 'utf8'));
    config.aws = { private_ssh_key_path: key };
  }
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  spot(folder, 'payload', 'add', 'hello', 'scripts/hello.sh', '--no-files');
  const hosts =
    options.hosts === undefined
      ? Array.from({ length: IDLE_INSTANCES }, (_, index) => `127.0.0.1:${index + 1}`)
      : readFileSync(options.hosts, 'utf8').trim().split('\n');
  return hosts.map((host, index) => {
    spot(folder, 'add', host, '--name', `web-${index}`);
    return `web-${index}`;
  });
}

function spot(cwd, ...words) {
  execFileSync('node', [SPOT, ...words], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function start(cwd) {
  const words = ['serve', ...(options.hosts === undefined ? ['--no-worker'] : [])];
  const child = spawn('node', [SPOT, ...words], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const said = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const hasBegun = () => Buffer.concat(said).includes('listening at');
  while (!hasBegun()) {
    if (child.exitCode !== null) throw new Error(`it ended: ${Buffer.concat(said)}`);
    await sleep(20);
  }
  // what it logs is not kept: the pipe is only emptied
  child.stderr.removeAllListeners('data').resume();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return { child, ended, pid: child.pid, agent, socketPath: join(cwd, '.spot/service.sock') };
}

function deployOf(instance, source) {
  const params = { instance_ids: [instance], ...source, execute_payload: true };
  return { method: 'POST', path: '/rpc', body: { jsonrpc: '2.0', id: 1, method: 'deploy_payload', params } };
}

/** @returns the answer's text */
function send({ agent, socketPath }, { method, path, body }) {
  const headers = { 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request({ agent, socketPath, method, path, headers }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces).toString()));
    });
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** @returns latencies in ms, of what was taken on; and what was said to the others */
async function sendSteadily(service, names, source) {
  const latencies = [];
  const refused = [];
  const under = [];
  const began = performance.now();
  for (let index = 0; index < rate * seconds; index += 1) {
    const due = began + (index * 1000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    const deploy = deployOf(names[index % names.length], source);
    under.push(
      send(service, deploy).then((text) => {
        if (JSON.parse(text).result?.success === true) latencies.push(performance.now() - due);
        else refused.push(text);
      }),
    );
  }
  await Promise.all(under);
  return { latencies, refused, tookMs: performance.now() - began, began };
}

/** Its memory every second, until it is stopped. */
function watchProcess(pid) {
  const samples = [];
  const began = performance.now();
  const timer = setInterval(() => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
    samples.push({ at: (performance.now() - began) / 60_000, mb: Number(kilobytes) / 1024 });
  }, 1000);
  return { samples, stop: () => clearInterval(timer) };
}

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Numbers of the service's own, by name and label. */
async function metrics(service) {
  const text = await send(service, { method: 'GET', path: '/metrics' });
  return new Map(
    [...text.matchAll(/^(spot_\w+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

function finished(numbers) {
  return ['completed', 'failed'].reduce(
    (sum, status) => sum + (numbers.get(`spot_deployments{status="${status}"}`) ?? 0),
    0,
  );
}

function note(kind, { latencies, refused, tookMs }, cpu, samples, numbers) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
  const half = samples.slice(samples.length >> 1);
  const [first, last] = [samples[0]?.mb ?? Number.NaN, samples.at(-1)?.mb ?? Number.NaN];
  const perSecond = (sorted.length / (tookMs / 1000)).toFixed(1);
  const cells = [at(0.5), at(0.99), at(1), (cpu / sorted.length).toFixed(1)];
  const worker = options.hosts === undefined ? 'none' : 'its own';
  rows.push([kind, worker, perSecond, ...cells, `${first.toFixed(0)} → ${last.toFixed(0)}`, slopeOf(half).toFixed(1)]);
  if (refused.length > 0) details.push(`${kind}: ${refused.length} refused, e.g. ${refused[0]}`);
  if (options.hosts !== undefined) details.push(`${kind}: ${finished(numbers)} carried out when the last was taken on`);
}

/** Least squares, MB a minute. */
function slopeOf(samples) {
  const mean = (pick) => samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const [at, mb] = [mean((sample) => sample.at), mean((sample) => sample.mb)];
  const over = samples.reduce((sum, sample) => sum + (sample.at - at) * (sample.mb - mb), 0);
  return over / samples.reduce((sum, sample) => sum + (sample.at - at) ** 2, 0);
}

/** How long the executor needs for what is left, and what that costs. */
async function settle(service) {
  const [began, cpuBefore] = [performance.now(), cpuMs(service.pid)];
  let numbers = await metrics(service);
  const before = finished(numbers);
  while (left(numbers) > 0 && performance.now() - began < SETTLE_MS) {
    await sleep(500);
    numbers = await metrics(service);
  }
  const done = finished(numbers) - before;
  const pace = (done / ((performance.now() - began) / 1000)).toFixed(1);
  const cpu = ((cpuMs(service.pid) - cpuBefore) / done).toFixed(1);
  const failed = numbers.get('spot_deployments{status="failed"}') ?? 0;
  details.push(`  then ${done}: ${pace} a second, ${cpu} ms of CPU each; ${failed} failed, ${left(numbers)} are left`);
}

function left(numbers) {
  return ['due', 'put_off', 'claimed'].reduce(
    (sum, state) => sum + numbers.get(`spot_queue_keys{state="${state}"}`),
    0,
  );
}
