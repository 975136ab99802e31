// Random faults on real hosts for a while, with a checker of what must hold whatever happens:
//
//   npm run soak -- --minutes 30 --hosts 20 --seed 1
//
// Hosts are OpenSSH servers on the loopback, each behind a link that breaks; clients are killed, told to end, stopped and
// followed by others. The same seed makes the same choices (what comes of them depends on the moment, too). It ends
// with 1 where something was violated, and then keeps the folder of that round. Ctrl-C ends it after the round.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Hosts } from './hosts.js';
import { Project } from './project.js';
import { Random } from './random.js';
import { playRound } from './round.js';
import { Tally } from './tally.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    hosts: { type: 'string', default: '20' },
    port: { type: 'string', default: '2299' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

let endAt = Date.now() + Number(values.minutes) * 60_000;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (endAt = 0));

const folder = mkdtempSync(join(tmpdir(), 'soak-'));
const hosts = new Hosts(join(folder, 'fleet'));
const tally = new Tally();
await hosts.start(Number(values.hosts), Number(values.port));
try {
  console.log(`seed ${values.seed}, ${values.hosts} hosts, ${values.minutes} minutes, in ${folder}`);
  await soak();
} finally {
  hosts.stop();
}
tally.print();
if (tally.violations === 0) rmSync(folder, { recursive: true });
else process.exitCode = 1;

/** Each round has a seed of its own, so that one can be played again alone. */
async function soak() {
  for (let seed = Number(values.seed); Date.now() < endAt || tally.rounds === 0; seed += 1) {
    const project = new Project(join(folder, `round-${seed}`), hosts.login);
    await project.know(hosts.all);
    const report = await playRound(new Random(seed), hosts, project);
    tally.add(report);
    console.log(`round ${seed}: ${describe(report)}`);
    for (const violation of report.violations) console.log(`  VIOLATED: ${violation}`);
    if (report.violations.length === 0) rmSync(project.folder, { recursive: true });
  }
}

function describe({ attempts, commands, seconds, violations }) {
  return `${commands.length} commands, ${attempts.length} attempts, ${seconds} s, ${violations.length} violations`;
}
