/**
 * Works on a queue until its input ends: `work <place, JSON> <folder> <lease, ms>`. While it is at a key, `at/<key>` links
 * to its process id; `receipts/<key>` is there once the key was carried out; what must not happen is written to `wrong`.
 * The first try of a key `stuck…` ends when the lease is lost.
 */
import { once } from 'node:events';
import { appendFileSync, existsSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  if (signal.aborted) tell(`${process.pid} lost the lease at ${key}`);
  const isPutOff = tries === 1 && Math.random() < 0.2;
  if (!isPutOff && !existsSync(join(folder, 'receipts', key))) carryOut(key);
  rmSync(join(folder, 'at', key), { force: true });
  return isPutOff ? { putOffMs: Math.random() * LONGEST_MS } : 'done';
};

/** Only a process that is dead may have left the key. */
function take(key: string): void {
  const link = join(folder, 'at', key);
  try {
    symlinkSync(String(process.pid), link);
  } catch {
    const other = Number(readlinkSync(link));
    if (other === process.pid || isAlive(other)) tell(`${process.pid} got ${key} while ${other} was at it`);
    rmSync(link);
    symlinkSync(String(process.pid), link);
  }
}

/** All at once or not at all, and the second time an error, as on an instance. */
function carryOut(key: string): void {
  try {
    writeFileSync(join(folder, 'receipts', key), '', { flag: 'wx' });
  } catch {
    tell(`${key} was carried out twice`);
  }
}

function tell(what: string): void {
  appendFileSync(join(folder, 'wrong'), `${what}\n`);
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
