// What a long history costs: the start of a run in a state with 100,000 finished attempts and in an empty one.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import Driver from 'better-sqlite3';
import { loadParts } from './bundle.js';
import { inTurn, median, printTable, spread, time } from './measure.js';

const ROUNDS = 9;
const RUNS = 200;
const ATTEMPTS_PER_RUN = 500;
/** Instances of the run whose start is measured. */
const FLEET = 100;
const SPOT = fileURLToPath(new URL('../bin/spot.js', import.meta.url));
/** Nothing is pruned: then both states keep their size. */
const KEEP_ALL = { SPOT_RUNS_KEEP: '1000000', SPOT_LOGS_KEEP_BYTES: '1000GiB' };
const CLOCK = { now: () => Date.now() };

const { ALL_AT_ONCE, makePlan, newInstance, NOT_WATCHED, openState } = await loadParts(`
  export { NOT_WATCHED } from './src/model/plan.ts';
  export { makePlan } from './src/run/plan.ts';
  export { ALL_AT_ONCE } from './src/run/rollout.ts';
  export { newInstance } from './src/model/instance.ts';
  export { openState } from './src/state/state.ts';
`);

const work = mkdtempSync(join(tmpdir(), 'history-'));
process.once('exit', () => rmSync(work, { recursive: true }));

const [empty, full] = ['empty', 'full'].map((name) => join(work, name));
for (const stateDir of [empty, full]) makeFleet(stateDir, FLEET);
fillHistory(full);

const script = join(work, 'script.sh');
writeFileSync(script, 'true\n');
mkdirSync(join(work, '.ssh'));
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(work, '.ssh/id_ed25519')]);
const rows = [['start of a run', 'empty, ms', '100,000 attempts, ms', 'more, ms']];
await compare(`open state, plan and record ${FLEET} instances`, (stateDir) => {
  const started = performance.now();
  begin(stateDir);
  return performance.now() - started;
});
// nobody listens at that port, so all of it is the client's own time: start-up, plan, ledger, retention
const words = ['--no-files', '--quiet', '--limit', 'gone-0', '--retries', '0'];
const upload = ['upload-script', script, ...words];
await compare('spot upload-script, one instance that refuses', (stateDir) => timeOf(upload, stateDir, KEEP_ALL));
await compare('spot runs', (stateDir) => timeOf(['runs'], stateDir, KEEP_ALL));
await compare('spot upload-script that prunes a run of 500', (stateDir) => timeOf(upload, stateDir, {}));
printTable(rows);

async function compare(what, measure) {
  const [without, withHistory] = await inTurn(ROUNDS, [() => measure(empty), () => measure(full)]);
  rows.push([what, spread(without, 1), spread(withHistory, 1), (median(withHistory) - median(without)).toFixed(1)]);
}

/** @returns wall time of a command, which may end with 4, ms */
function timeOf(words, stateDir, settings) {
  const env = { PATH: process.env.PATH, HOME: work, ...settings };
  const argv = ['node', SPOT, ...words, '--state-dir', stateDir];
  return time(['sh', '-c', '"$@" || [ $? -eq 4 ]', 'sh', ...argv], { env }).wall * 1000;
}

/** What `spot upload-script` does before it connects, without packing. */
function begin(stateDir) {
  const state = openState(stateDir, { clock: CLOCK, user: 'bench' });
  try {
    const manifest = { interpreter: ['sh'], entrypoint: 'script.sh', environment: [], files: [], version: 'v1' };
    const payload = { digest: 'ab12', path: '/x', sizeBytes: 1, contentBytes: 1, fileCount: 0, manifest };
    manifest.metadata = { name: 'script.sh' };
    const limits = { concurrency: 100 };
    const selection = { chosen: state.instances.list(), skipped: [] };
    const surroundings = { clock: CLOCK, pid: process.pid, random: Math.random };
    const request = { payload, selection, args: [], environment: [], mode: 'run', limits, retries: 0 };
    const more = { rollout: ALL_AT_ONCE, interruption: NOT_WATCHED, transfer: 'auto', exclusiveFor: null };
    state.ledger.runStarted(makePlan({ ...request, ...more, remotePath: null }, surroundings));
  } finally {
    state.close();
  }
}

function makeFleet(stateDir, count) {
  const state = openState(stateDir, { clock: CLOCK });
  const publicIp = '127.0.0.1';
  const at = (index) => newInstance(`gone-${index}`, { publicIp, sshPort: 1, sshUser: 'nobody' });
  state.instances.add(Array.from({ length: count }, (_, index) => at(index)));
  state.close();
}

/** Rows as runs write them, put in by SQL: by way of the ledger it would take minutes. */
function fillHistory(stateDir) {
  const driver = new Driver(join(stateDir, 'state.db'));
  const steps = ['connect', 'upload', 'execute', 'collect', 'clean-up'];
  const timings = JSON.stringify(steps.map((name) => ({ name, ms: 41.123456, bytes: 351 })));
  const plan = JSON.stringify({
    payloadPath: '/x',
    fileCount: 0,
    args: [],
    environment: [],
    limits: {},
    skipped: [],
  });
  const client = JSON.stringify({ pid: 1, hostName: 'bench', bootId: null, startTicks: null });
  const numbers = (count) => `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
  const time = "strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01', '+' || i || ' minutes')";
  driver.exec(`
    INSERT INTO runs (id, created_at, finished_at, mode, payload_digest, payload_name, payload_bytes, plan, client, exit_code,
      number, args, log_bytes)
    ${numbers(RUNS)} SELECT printf('20260101-%06d-0000', i), ${time}, ${time}, 'run', 'ab12', 'deploy.sh', 351, '${plan}', '${client}', 0, i + 1, '[]', 50000 FROM n;
    INSERT INTO attempts (run_id, instance_id, position, name, address, port, user, stamp, step, started_at, finished_at,
      outcome, evidence, steps, remote_dir, stdout_path, stdout_bytes)
    ${numbers(ATTEMPTS_PER_RUN)} SELECT runs.id, printf('i-%017d', i), i, 'web-' || i, '10.0.0.' || i, 22, 'ubuntu',
      printf('%s%06d_1', runs.id, i), 'clean-up', created_at, created_at, 'succeeded', '[]', '${timings}',
      '/tmp/deploy_files_' || runs.id || i, '/home/you/project/.spot/logs/' || runs.id || '/' || i || '.out', 100
    FROM runs, n ORDER BY runs.id, i;
  `);
  driver.close();
}
