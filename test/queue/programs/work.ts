/**
 * Works on a queue until its input ends: `work <place, JSON> <folder> <lease, ms>`. While it is at a key, `at/<key>` links
 * to its process id, and `receipts/<key>` once the key was carried out; `lost/<process id>` is there once it has lost a
 * lease; what must not happen to those who have not is written to `wrong`. The first try of a key `stuck…` ends when the
 * lease is lost.
 */
import { once } from 'node:events';
import { appendFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueue } from '../../../src/service/queue/open.ts';
import type { JobHandler } from '../../../src/service/queue/queue.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { type Place, openStateAt } from '../place.ts';

const [placeText = '', folder = '', leaseText = ''] = process.argv.slice(2);
const place = JSON.parse(placeText) as Place;

/** Longest time that a key takes, ms. */
const LONGEST_MS = 60;

const handle: JobHandler = async (key, { tries, signal }) => {
  take(key);
  if (key.startsWith('stuck') && tries === 1) await once(signal, 'abort');
  else await sleep(Math.random() * LONGEST_MS);
  if (signal.aborted) {
    writeFileSync(join(folder, 'lost', String(process.pid)), '');
    throw signal.reason;
  }
  const isPutOff = tries === 1 && Math.random() < 0.2;
  if (!isPutOff) carryOut(key);
  rmSync(join(folder, 'at', key), { force: true });
  return isPutOff ? { putOffMs: Math.random() * LONGEST_MS } : 'done';
};

/** Only a process that is dead, or has lost its lease, may have left the key. */
function take(key: string): void {
  const link = join(folder, 'at', key);
  try {
    symlinkSync(String(process.pid), link);
  } catch {
    const other = Number(readlinkSync(link));
    if (isAlive(other)) tell(`got ${key} while another one was at it`, other);
    rmSync(link, { force: true });
    symlinkSync(String(process.pid), link);
  }
}

/** All at once or not at all, as on an instance. */
function carryOut(key: string): void {
  const receipt = join(folder, 'receipts', key);
  try {
    symlinkSync(String(process.pid), receipt);
  } catch {
    const other = Number(readlinkSync(receipt));
    if (isAlive(other)) tell(`came to carry out ${key} once more`, other);
  }
}

function tell(what: string, other: number | null = null): void {
  appendFileSync(join(folder, 'wrong'), `${JSON.stringify({ what, pids: [process.pid, other] })}\n`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function work(): Promise<void> {
  const state = openStateAt(place);
  const queue = await openQueue({ state, database: place.database, clock: systemClock, random: Math.random });
  const onProblem = (message: string, error: unknown): void => tell(`${message}: ${String(error)}`);
  const working = await queue.work(handle, { concurrency: 10, leaseMs: Number(leaseText), onProblem });
  process.stdout.write('working\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
  await working.stop();
  state.close();
}

void work();
