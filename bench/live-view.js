// What the live view costs while N instances run at once and each says a line every 100 ms, for 2 s.
import { Buffer } from 'node:buffer';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadParts } from './bundle.js';
import { printTable, spread } from './measure.js';

const INSTANCES = [100, 500];
const ROUNDS = 5;
const TICKS = 20;
const TICK_MS = 100;
const TERMINAL = { isTTY: true, columns: 120, rows: 40 };

const { createReports, anInstance, anAttempt, aPlan, aResult, SUCCEEDED } = await loadParts(`
  export { createReports } from './src/report/choose.ts';
  export { anInstance, anAttempt, aPlan, aResult, SUCCEEDED } from './test/unit/report/events.ts';
`);

const rows = [['instances', 'CPU, s', 'written, KB']];
for (const count of INSTANCES) {
  const runs = [];
  for (let round = 0; round < ROUNDS; round += 1) runs.push(await show(count));
  rows.push([
    String(count),
    spread(runs.map(({ cpu }) => cpu)),
    spread(
      runs.map(({ written }) => written / 1000),
      0,
    ),
  ]);
}
printTable(rows);

/** @returns CPU seconds of this process, and bytes drawn */
async function show(count) {
  let written = 0;
  const writer = { ...TERMINAL, write: (text) => (written += Buffer.byteLength(text)) };
  const reports = await createReports({
    format: 'auto',
    stdout: writer,
    stderr: writer,
    env: { TERM: 'xterm-256color' },
    quiet: false,
    verbose: false,
    color: 'auto',
    clock: { now: () => Date.now() },
    cwd: '/',
  });
  const before = process.cpuUsage();
  await play(count, (event) => reports.emit({ at: Date.now(), ...event }));
  await reports.close();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, written };
}

/** A run as its events tell it. */
async function play(count, emit) {
  const instances = Array.from({ length: count }, (_, index) => anInstance(`i-${index}`));
  emit({ type: 'run-started', plan: aPlan(instances) });
  for (const { instanceId } of instances) {
    emit({ type: 'attempt-started', instanceId });
    emit({ type: 'step-started', instanceId, step: 'execute' });
  }
  for (let tick = 0; tick < TICKS; tick += 1) {
    await sleep(TICK_MS);
    const chunk = Buffer.from(`line ${tick}: configuring the service\n`);
    for (const { instanceId } of instances) emit({ type: 'output', instanceId, stream: 'stdout', chunk });
  }
  const attempts = instances.map((instance) => anAttempt(instance, SUCCEEDED));
  for (const result of attempts) emit({ type: 'attempt-finished', result });
  emit({ type: 'run-finished', result: aResult(attempts) });
}
