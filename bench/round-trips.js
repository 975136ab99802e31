// How many round trips an instance takes from the TCP connect to the result: a proxy that delays every byte stands
// between spot and a host, and the time that goes by per delay is counted. Needs no root.
//
//   node bench/round-trips.js --host NAME [--ssh-config FILE]
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers';
import { parseArgs, promisify } from 'node:util';
import { median, printTable, spread } from './measure.js';
import { makeStage } from './payload.js';

const ROUNDS = 5;
const ROUND_TRIP_MS = 200;
/** The steps up to the result, and round trips of theirs that the proxy does not see: it accepts TCP's connect at once. */
const UNSEEN = { connect: 1, upload: 0, execute: 0 };
const SPOT = fileURLToPath(new URL('../bin/spot.js', import.meta.url));

const { values } = parseArgs({
  options: { host: { type: 'string' }, 'ssh-config': { type: 'string', default: join(homedir(), '.ssh/config') } },
});
if (values.host === undefined) throw new Error('name a host: --host NAME');
const work = mkdtempSync(join(tmpdir(), 'round-trips-'));
let delayMs = 0;
const proxy = await startProxy(settingsOf(values.host));
try {
  await measure();
} finally {
  proxy.close();
  rmSync(work, { recursive: true });
}

async function measure() {
  makeStage('small', work);
  execFileSync('node', [SPOT, 'add', 'far'], { cwd: work, stdio: 'ignore' });
  const near = await runs(0);
  const far = await runs(ROUND_TRIP_MS);
  const perStep = Object.keys(UNSEEN).map((step) => {
    const before = median(near.map((steps) => steps[step]));
    return [step, far.map((steps) => Math.max(0, steps[step] - before) / ROUND_TRIP_MS + UNSEEN[step])];
  });
  const totals = far.map((_, round) => perStep.reduce((sum, [, counts]) => sum + counts[round], 0));
  printTable([
    ['', 'round trips'],
    ...[...perStep, ['all', totals]].map(([step, counts]) => [step, spread(counts, 1)]),
  ]);
}

/** @returns {Promise<Record<string, number>[]>} ms of each step, of each run */
async function runs(roundTripMs) {
  delayMs = roundTripMs / 2;
  const results = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const args = [SPOT, 'upload-script', 'deploy.sh', '--cleanup', '--json'];
    // `auto` would take the proxy, which accepts at once, for a near host
    const env = { ...process.env, SPOT_SSH_TRANSFER: 'stream' };
    const { stdout } = await promisify(execFile)('node', args, { cwd: work, env });
    results.push(Object.fromEntries(JSON.parse(stdout).attempts[0].steps.map(({ name, ms }) => [name, ms])));
  }
  return results;
}

/** What ssh makes of a name: the value of each keyword, the lines of `identityfile`. */
function settingsOf(host) {
  const text = execFileSync('ssh', ['-T', '-F', values['ssh-config'], '-G', host], { encoding: 'utf8' });
  const valueOf = (keyword) => new RegExp(`^${keyword} (.*)$`, 'm').exec(text)[1];
  const identityFiles = text.split('\n').filter((line) => line.startsWith('identityfile '));
  return { hostname: valueOf('hostname'), port: Number(valueOf('port')), user: valueOf('user'), identityFiles };
}

async function startProxy({ hostname, port, user, identityFiles }) {
  const server = createServer((client) => {
    const host = connect({ host: hostname, port, noDelay: true });
    client.setNoDelay(true);
    forward(client, host);
    forward(host, client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const config = ['Host far', 'HostName 127.0.0.1', `Port ${server.address().port}`, `User ${user}`, ...identityFiles];
  writeFileSync(join(work, 'ssh_config'), `${config.join('\n')}\n`);
  writeFileSync(join(work, 'config.yaml'), 'ssh:\n  config_file: ssh_config\n  known_hosts_file: known_hosts\n');
  return server;
}

/** Timers of one delay fire in the order in which they were set. */
function forward(from, to) {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
}
