// The live view of 500 instances with 10,000 events a second: redraws, CPU and bytes a second; and how long it takes from a
// key to its answer on a real terminal meanwhile. node bench/live-view.js [SECONDS [ROUNDS [KEYS]]]
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadParts } from './bundle.js';
import { playRun } from './live-run.js';
import { median, printTable, spread } from './measure.js';

const [seconds = 10, rounds = 5, keys = 50] = process.argv.slice(2).map(Number);
const LOADS = [
  { instances: 1, eventsPerSecond: 20 },
  { instances: 100, eventsPerSecond: 1000 },
  { instances: 500, eventsPerSecond: 10_000 },
];
const [, , BUSIEST] = LOADS;
const TERMINAL = { isTTY: true, columns: 120, rows: 40 };
const PLAYER = fileURLToPath(new URL('live-player.js', import.meta.url));
/** Between two keys, so that one does not wait for the drawing of the other. */
const KEY_GAP_MS = 150;
const PATIENCE_MS = 20_000;
/** What the key brings to the screen, and what the same key brings back. */
const ANSWERS = [
  ['s', 'still running'],
  ['s', 's running'],
];

const parts = await loadParts(`
  export { createReports } from './src/report/choose.ts';
  export { anInstance, anAttempt, anOutput, aPlan, aResult, SUCCEEDED, REFUSED } from './test/unit/report/events.ts';
`);

const rows = [['instances', 'events/s', 'redraws/s', 'CPU, % of a core', 'without a view, %', 'written, KB/s']];
for (const load of LOADS) {
  const [shown, unseen] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    shown.push(await measure(load, true));
    unseen.push(await measure(load, false));
  }
  const columns = ['events', 'redraws', 'cpu'].map((name) => spread(shown.map((each) => each[name])));
  const [events, redraws, cpu] = columns;
  const idle = spread(unseen.map((each) => each.cpu));
  rows.push([String(load.instances), events, redraws, cpu, idle, spread(shown.map(({ written }) => written / 1000))]);
}
printTable(rows);
const reactions = await reactionTimes();
const most = Math.max(...reactions).toFixed(0);
console.log(`\nkey to answer, ms, of ${reactions.length} keys: median ${median(reactions).toFixed(0)}, most ${most}`);

/** @param isShown false: what playing the events costs by itself @returns rates; CPU in percent of one core */
async function measure({ instances, eventsPerSecond }, isShown) {
  let written = 0;
  let redraws = 0;
  const write = (text) => {
    written += Buffer.byteLength(text);
    redraws += 1;
  };
  const reports = isShown ? await openReports({ ...TERMINAL, write }) : { emit: () => {}, close: () => {} };
  const [cpuBefore, began] = [process.cpuUsage(), performance.now()];
  const events = await playRun(parts, { instances, eventsPerSecond, seconds, emit: reports.emit });
  const took = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const rates = { events, redraws, written, cpu: (user + system) / 1e4 };
  await reports.close();
  return Object.fromEntries(Object.entries(rates).map(([name, value]) => [name, value / took]));
}

function openReports(writer) {
  const show = { format: 'auto', quiet: false, verbose: false, color: 'auto', cwd: '/' };
  const env = { TERM: 'xterm-256color' };
  return parts.createReports({ ...show, stdout: writer, stderr: writer, env, clock: { now: () => Date.now() } });
}

/** A player in a terminal made by script(1), and its keys pressed by us. @returns ms */
async function reactionTimes() {
  const { instances, eventsPerSecond } = BUSIEST;
  const forSeconds = Math.ceil((keys * KEY_GAP_MS * 3) / 1000) + 10;
  const line = `stty cols 120 rows 40; exec ${process.execPath} ${PLAYER} ${instances} ${forSeconds} ${eventsPerSecond}`;
  const env = { ...process.env, TERM: 'xterm-256color', CI: '' };
  const terminal = spawn('script', ['-qefc', line, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text) => (shown += text));
  const ended = new Promise((resolve) => terminal.once('close', resolve));
  await appears(() => shown, 's running');
  const times = [];
  for (let count = 0; count < keys; count += 1) {
    const [key, answer] = ANSWERS[count % ANSWERS.length];
    await sleep(KEY_GAP_MS);
    shown = '';
    const pressed = performance.now();
    terminal.stdin.write(key);
    await appears(() => shown, answer);
    times.push(performance.now() - pressed);
  }
  terminal.stdin.write('\u0003');
  await appears(() => shown, '[s]top');
  terminal.stdin.write('s\r');
  await ended;
  return times;
}

async function appears(shown, text) {
  const deadline = performance.now() + PATIENCE_MS;
  while (!shown().includes(text)) {
    if (performance.now() > deadline) throw new Error(`the terminal did not show ${text}`);
    await sleep(1);
  }
}
