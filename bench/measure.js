// What the benchmarks have in common: how they time, and how they say it.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/**
 * Runs a command to its end.
 * @param {string[]} argv
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 * @returns {{ wall: number, cpu: number }} seconds; cpu is that of the whole process tree
 * @throws Error with what the command said, where it fails
 */
export function time(argv, { env = process.env } = {}) {
  // bash counts the children of children, too, which Node does not tell
  const script = 'exec 3>&2; TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&3; } 2>&1';
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'time', ...argv], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stderr}`);
  const [wall, user, system] = stdout.trim().split(' ').map(Number);
  return { wall, cpu: user + system };
}

/** Runs each of the given functions in turn, A B A B, so that the machine's moods fall on both alike. */
export async function inTurn(rounds, works) {
  const results = works.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) results[index].push(await work());
  }
  return results;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `1.17 (1.10–1.30)`: median, least and most. */
export function spread(values, digits = 2) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${median(values).toFixed(digits)} (${least}–${most})`;
}

export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
