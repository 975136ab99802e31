// Shows a made-up run in this terminal, with its keys: node bench/live-player.js [INSTANCES [SECONDS [EVENTS_PER_SECOND]]]
import process from 'node:process';
import { loadParts } from './bundle.js';
import { playRun } from './live-run.js';

const [instances = 100, seconds = 60, eventsPerSecond = instances * 10] = process.argv.slice(2).map(Number);

const parts = await loadParts(`
  export { createReports } from './src/report/choose.ts';
  export { LiveTerminal } from './src/cli/live-terminal.ts';
  export { Interrupt } from './src/cli/interrupt.ts';
  export { ioOf, writersOf } from './src/cli/process-io.ts';
  export { anInstance, anAttempt, anOutput, aPlan, aResult, SUCCEEDED, REFUSED } from './test/unit/report/events.ts';
`);

const { stdout, stderr } = parts.writersOf(process);
const io = parts.ioOf(process, stdout, stderr);
const common = { format: 'auto', quiet: false, verbose: false, color: 'auto' };
const reports = await parts.createReports({ ...common, stdout, stderr, env: io.env, clock: io.clock, cwd: io.cwd });
const terminal = new parts.LiveTerminal(io, reports);
const interrupt = new parts.Interrupt(io, {
  advice: () => '',
  isBusy: () => true,
  suspend: () => terminal.suspend(),
  resume: () => terminal.resume(),
});
terminal.attend(interrupt);
let isOver = false;
interrupt.cancel.addEventListener('abort', () => (isOver = true));
interrupt.detach.addEventListener('abort', () => (isOver = true));
await playRun(parts, { instances, seconds, eventsPerSecond, emit: reports.emit }, () => isOver);
interrupt.clear();
await reports.close();
await terminal.close();
