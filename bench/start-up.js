// How long `spot --help` takes, as a multiple of `node -e 0`.
import { fileURLToPath } from 'node:url';
import { inTurn, median, printTable, spread, time } from './measure.js';

const ROUNDS = 20;
const SPOT = fileURLToPath(new URL('../bin/spot.js', import.meta.url));
const COMMANDS = [
  ['node', '-e', '0'],
  ['node', SPOT, '--help'],
];

const [bare, help] = await inTurn(
  ROUNDS,
  COMMANDS.map((argv) => () => time(argv).wall * 1000),
);
printTable([
  ['', 'wall, ms'],
  ['node -e 0', spread(bare, 0)],
  ['spot --help', spread(help, 0)],
  ['ratio', (median(help) / median(bare)).toFixed(2)],
]);
