import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Database } from './database.ts';

/**
 * The process that drives a run, described so that a later one can tell whether it still lives: the same machine since
 * the same boot, and a process of that number that started at that time.
 */
export interface Client {
  readonly pid: number;
  readonly hostName: string;
  /** the kernel's id of this boot, or null where there is none (only Linux has it) */
  readonly bootId: string | null;
  /** when the process started, in clock ticks since boot, or null (only Linux tells) */
  readonly startTicks: number | null;
}

let own: Client | null = null;

/** Looked up once: a service asks for each run that it plans, while nobody else can write. */
export function currentClient(): Client {
  own ??= {
    pid: process.pid,
    hostName: hostname(),
    bootId: readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    startTicks: startTicksOf(readIfThere('/proc/self/stat')),
  };
  return own;
}

/** What a process is called among those that share a database. */
export function nameOfClient({ pid, hostName, bootId, startTicks }: Client): string {
  return createHash('sha256')
    .update(JSON.stringify([pid, hostName, bootId, startTicks]))
    .digest('hex')
    .slice(0, 32);
}

/**
 * Whether that process still runs: on this machine, since this boot, and not another one that got its number. Without
 * the kernel's word (only Linux gives it) a process of that number is taken for it. One of another machine, or container,
 * lives as long as it is connected to the database; with a state file, which is of one machine, it is gone.
 */
export function isAlive(client: Client, database: Pick<Database, 'isConnected'>): boolean {
  const { hostName, bootId } = client;
  const here = currentClient();
  const isConnected = hostName === here.hostName ? null : database.isConnected(nameOfClient(client));
  if (isConnected !== null) return isConnected;
  if (bootId !== here.bootId || (bootId === null && hostName !== here.hostName)) return false;
  return isRunning(client);
}

function isRunning({ pid, startTicks }: Client): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTicks === null || startTicksOf(readIfThere(`/proc/${pid}/stat`)) === startTicks;
}

/** Whether it is this very process. */
export function isSelf(client: Client): boolean {
  return isDeepStrictEqual(client, currentClient());
}

/** proc(5): the start time is field 22; the second field is the name in brackets, which may hold blanks and brackets. */
function startTicksOf(stat: string | null): number | null {
  const fromThird = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fromThird?.[22 - 3]);
  return Number.isInteger(ticks) ? ticks : null;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
