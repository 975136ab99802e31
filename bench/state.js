// What a call to the state costs in a file and in PostgreSQL on this machine. The server is one of its own, from Debian's
// package, and does not wait for the disk, as the file does not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadParts } from './bundle.js';
import { inTurn, printTable, spread } from './measure.js';

const ROUNDS = 5;
const CALLS = 500;
const CLOCK = { now: () => Date.now() };

const { newInstance, openState, startPostgres } = await loadParts(`
  export { newInstance } from './src/model/instance.ts';
  export { openState } from './src/state/state.ts';
  export { startPostgres } from './test/helpers/postgres.ts';
`);

const work = mkdtempSync(join(tmpdir(), 'state-'));
process.once('exit', () => rmSync(work, { recursive: true }));

const server = await startPostgres();
try {
  const url = await server.newDatabase();
  const rows = [['call', 'file, µs', 'PostgreSQL, µs']];
  const both = [null, url].map((database, index) => openState(join(work, String(index)), { clock: CLOCK, database }));
  for (const { instances } of both) instances.add([newInstance('i-1', { publicIp: '10.0.0.1' })]);
  await compare('a row is read', (state) => state.instances.find('i-1'));
  await compare('a row is written', (state) => state.instances.pinHostKey('i-1', 'ssh-ed25519 AAAA'));
  let runs = 0;
  await compare('a plan for one instance is recorded', (state) => state.ledger.runStarted(aPlan((runs += 1), 1)));
  await compare(
    'a plan for 100 instances is recorded',
    (state) => state.ledger.runStarted(aPlan((runs += 1), 100)),
    20,
  );
  for (const { ledger } of both) ledger.runStarted(aPlan(0, 1));
  await compare('a step of an attempt begins', (state) => state.ledger.stepStarted('run-0', 'i-0', 'upload'));
  for (const state of both) state.close();
  await compare(
    'the state is opened and closed',
    (_, index) => {
      openState(join(work, String(index)), { clock: CLOCK, database: index === 0 ? null : url }).close();
    },
    20,
  );
  printTable(rows);

  async function compare(what, call, count = CALLS) {
    const measured = await inTurn(
      ROUNDS,
      both.map((state, index) => () => perCall(() => call(state, index), count)),
    );
    rows.push([what, ...measured.map((figures) => spread(figures, 0))]);
  }
} finally {
  await server.close();
}

/** @returns µs */
function perCall(call, count) {
  const started = performance.now();
  for (let index = 0; index < count; index += 1) call();
  return ((performance.now() - started) * 1000) / count;
}

function aPlan(number, instances) {
  const manifest = { interpreter: ['sh'], entrypoint: 's.sh', environment: [], files: [], metadata: { name: 's.sh' } };
  const payload = { digest: 'ab12', path: '/x', sizeBytes: 1, contentBytes: 1, fileCount: 0, manifest };
  const targets = Array.from({ length: instances }, (_, index) => {
    const instance = newInstance(`i-${index}`, { publicIp: '10.0.0.1' });
    return { instance, host: { user: null, address: '10.0.0.1', port: null }, stamp: `${number}_${index}` };
  });
  const common = { args: [], environment: [], mode: 'run', remotePath: null, limits: {}, retries: 0, skipped: [] };
  return { runId: `run-${number}`, createdAt: new Date().toISOString(), payload, targets, ...common };
}
