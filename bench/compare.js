// Runs this program and `tar | ssh` on the same hosts with the same payload, in turn, and checks every host each time.
//
//   node bench/compare.js --hosts FILE [--ssh-config FILE] [--payload small|medium|big] [--rounds 5]
//
// FILE names one host a line, as ssh knows it; user, port and key are those of the ssh_config (~/.ssh/config).
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { inTurn, median, printTable, spread, time } from './measure.js';
import { makeStage, PAYLOADS } from './payload.js';

const TOOLS = ['tar-ssh', 'spot'];
const SPOT = fileURLToPath(new URL('../bin/spot.js', import.meta.url));
const MONITOR = new URL('monitor.js', import.meta.url).href;
/** Hosts looked at at once after a run. */
const CHECKED_AT_ONCE = 8;
/** Names, modes and contents of a folder as one digest; what coreutils and busybox both know. */
const LOOK = "find . -type f -exec stat -c '%a %n' {} + -exec sha256sum {} + | LC_ALL=C sort | sha256sum";

const execute = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'compare-'));
try {
  await compare(readOptions());
} finally {
  rmSync(work, { recursive: true });
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      hosts: { type: 'string' },
      'ssh-config': { type: 'string', default: join(homedir(), '.ssh/config') },
      payload: { type: 'string', default: 'small' },
      rounds: { type: 'string', default: '5' },
    },
  });
  if (values.hosts === undefined) throw new Error('name the file with the hosts: --hosts FILE');
  if (!(values.payload in PAYLOADS)) throw new Error(`--payload is one of ${Object.keys(PAYLOADS).join(', ')}`);
  return {
    hosts: readFileSync(values.hosts, 'utf8').split('\n').filter(Boolean),
    sshConfig: resolve(values['ssh-config']),
    payload: values.payload,
    rounds: Number(values.rounds),
  };
}

async function compare({ hosts, sshConfig, payload, rounds }) {
  makeStage(payload, join(work, 'stage'));
  writeFileSync(join(work, 'hosts'), hosts.map((host) => `${host}\n`).join(''));
  writeFileSync(join(work, 'config.yaml'), `ssh:\n  config_file: ${JSON.stringify(sshConfig)}\n`);
  execFileSync('node', [SPOT, 'add', ...hosts], { cwd: work, stdio: ['ignore', 'ignore', 'ignore'] });
  const [peer, spot] = await inTurn(
    rounds,
    TOOLS.map((tool) => () => run(tool, { hosts, sshConfig })),
  );
  const file = join(work, 'monitored');
  await run('spot', { hosts, sshConfig }, { NODE_OPTIONS: `--import=${MONITOR}`, MONITOR_FILE: file });
  const { peakMemoryMb, longestBlockMs, longestCpuMs } = JSON.parse(readFileSync(file, 'utf8'));

  console.log(`${hosts.length} hosts, ${payload} payload, ${rounds} rounds in turn, every host checked\n`);
  printTable([
    ['', 'wall, s', 'client CPU, s'],
    [TOOLS[0], ...columns(peer)],
    [TOOLS[1], ...columns(spot)],
    ['ratio', ratio(spot, peer, 'wall'), ratio(spot, peer, 'cpu')],
  ]);
  console.log(`\nspot, one more run: peak memory ${peakMemoryMb} MB`);
  console.log(`event loop blocked ${longestBlockMs} ms at most; most CPU time in one block ${longestCpuMs} ms`);
}

function columns(timings) {
  return [spread(timings.map(({ wall }) => wall)), spread(timings.map(({ cpu }) => cpu))];
}

/** Of the medians. */
function ratio(timings, others, key) {
  return (median(timings.map((timing) => timing[key])) / median(others.map((timing) => timing[key]))).toFixed(2);
}

/**
 * One run, timed, then checked and cleaned up, not timed.
 * @throws Error that names the hosts on which something is wrong
 */
async function run(tool, { hosts, sshConfig }, more = {}) {
  const remote = `/tmp/compare_${process.pid}_${Date.now()}`;
  const out = join(work, 'out');
  mkdirSync(out);
  const variables = {
    HOSTS: join(work, 'hosts'),
    COUNT: String(hosts.length),
    STAGE: join(work, 'stage'),
    WORK: work,
    OUT: out,
    REMOTE: remote,
    SSH_CONFIG: sshConfig,
    SPOT,
  };
  const script = fileURLToPath(new URL(`${tool}.sh`, import.meta.url));
  const timing = time([script], { env: { ...process.env, ...variables, ...more } });
  await check(tool === 'spot' ? resultsOfSpot(out) : resultsOfTarSsh(hosts, remote, out), sshConfig);
  rmSync(out, { recursive: true });
  return timing;
}

/** Where each host has the files, what to remove there, and the output that came back from it. */
function resultsOfTarSsh(hosts, remote, out) {
  return hosts.map((host) => {
    const root = `${remote}-${host}`;
    return { host, root, files: `${root}/files`, output: join(out, `${host}.out`) };
  });
}

function resultsOfSpot(out) {
  const { attempts } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  return attempts.map(({ address, remote_dir, stdout_path }) => {
    return { host: address, root: remote_dir, files: remote_dir, output: stdout_path };
  });
}

async function check(results, sshConfig) {
  const { stdout: wanted } = await execute('sh', ['-c', LOOK], { cwd: join(work, 'stage/files') });
  const wrong = [];
  for (let start = 0; start < results.length; start += CHECKED_AT_ONCE) {
    const looks = results.slice(start, start + CHECKED_AT_ONCE).map(async ({ host, root, files, output }) => {
      const { stdout: found } = await execute('ssh', ['-F', sshConfig, host, `cd ${files} && ${LOOK}; rm -rf ${root}`]);
      if (found !== wanted) wrong.push(`${host}: other files than were sent`);
      if (!/^DONE \d+$/m.test(readFileSync(output, 'utf8'))) wrong.push(`${host}: not all of the output came back`);
    });
    await Promise.all(looks);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
