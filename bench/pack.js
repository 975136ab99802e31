// How long packing takes, beside `tar | gzip` on the same files, and how long a new version of a payload.
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadParts } from './bundle.js';
import { inTurn, median, printTable, spread, time } from './measure.js';
import { makeStage, PAYLOADS } from './payload.js';

const ROUNDS = 5;

const { openState, packPayload, PayloadStore, readScript, registerPayload, scanFiles } = await loadParts(`
  export { packPayload } from './src/payload/pack.ts';
  export { registerPayload } from './src/payload/register.ts';
  export { readScript } from './src/payload/script.ts';
  export { scanFiles } from './src/payload/scan.ts';
  export { PayloadStore } from './src/payload/store.ts';
  export { openState } from './src/state/state.ts';
`);

const work = mkdtempSync(join(tmpdir(), 'pack-'));
process.once('exit', () => rmSync(work, { recursive: true }));
const state = openState(work, { clock: { now: () => Date.now() } });
const store = new PayloadStore(work, state.payloads);

const rows = [['payload', 'spot, s', 'tar -cz, s', 'ratio', 'new version, s', 'archive, KB']];
for (const name of Object.keys(PAYLOADS)) {
  const stage = join(work, name);
  makeStage(name, stage);
  let sizeBytes = 0;
  const [ours, theirs, versions] = await inTurn(ROUNDS, [
    () => secondsOf(async () => ({ sizeBytes } = await pack(stage))),
    () => time(['tar', '-C', stage, '-czf', join(work, 'peer.tar.gz'), '.']).wall,
    () => secondsOf(() => addVersion(stage)),
  ]);
  const ratio = (median(ours) / median(theirs)).toFixed(2);
  const kilobytes = String(Math.round(sizeBytes / 1000));
  rows.push([name, spread(ours, 3), spread(theirs, 3), ratio, spread(versions, 3), kilobytes]);
}
state.close();
printTable(rows);

async function secondsOf(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function pack(stage) {
  const script = await readScript(join(stage, 'deploy.sh'), { maxBytes: 2 ** 20 });
  const tree = await scanFiles(join(stage, 'files'));
  return packPayload({ script, tree, environment: [], name: 'deploy.sh', outDir: store.folder });
}

/** What `spot payload add` does, and `spot upload-script` with a path; each time something has changed. */
async function addVersion(stage) {
  appendFileSync(join(stage, 'deploy.sh'), '# changed\n');
  const payload = await pack(stage);
  const { change } = await registerPayload(payload, { table: state.payloads, store, keep: 5, now: Date.now() });
  if (change !== 'new') throw new Error('this is no new version');
}
