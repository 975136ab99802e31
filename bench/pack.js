// How long packing takes, beside `tar | gzip` on the same files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadParts } from './bundle.js';
import { inTurn, median, printTable, spread, time } from './measure.js';
import { makeStage, PAYLOADS } from './payload.js';

const ROUNDS = 5;

const { packPayload, readScript, scanFiles } = await loadParts(`
  export { packPayload } from './src/payload/pack.ts';
  export { readScript } from './src/payload/script.ts';
  export { scanFiles } from './src/payload/scan.ts';
`);

const work = mkdtempSync(join(tmpdir(), 'pack-'));
process.once('exit', () => rmSync(work, { recursive: true }));

const rows = [['payload', 'spot, s', 'tar -cz, s', 'ratio', 'archive, KB']];
for (const name of Object.keys(PAYLOADS)) {
  const stage = join(work, name);
  makeStage(name, stage);
  let sizeBytes = 0;
  const [ours, theirs] = await inTurn(ROUNDS, [
    async () => {
      const started = performance.now();
      ({ sizeBytes } = await pack(stage));
      return (performance.now() - started) / 1000;
    },
    () => time(['tar', '-C', stage, '-czf', join(work, 'peer.tar.gz'), '.']).wall,
  ]);
  const ratio = (median(ours) / median(theirs)).toFixed(2);
  rows.push([name, spread(ours, 3), spread(theirs, 3), ratio, String(Math.round(sizeBytes / 1000))]);
}
printTable(rows);

async function pack(stage) {
  const script = await readScript(join(stage, 'deploy.sh'), { maxBytes: 2 ** 20 });
  const tree = await scanFiles(join(stage, 'files'));
  return packPayload({ script, tree, environment: [], name: 'deploy.sh', outDir: join(work, 'payloads') });
}
