import { readdirSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { waitFor } from './wait-for.ts';

/** A process of this machine that is not a zombie. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** argv joined by blanks */
  readonly command: string;
}

/** All processes below `pid`, without itself. */
export function descendantsOf(pid: number): ProcessInfo[] {
  const all = listProcesses();
  const found: ProcessInfo[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** All processes that were started with this variable in their environment, wherever they stand in the tree. */
export function processesMarked(name: string, value: string): ProcessInfo[] {
  const entry = `${name}=${value}`;
  return listProcesses().filter(({ pid }) => readProc(pid, 'environ').split('\0').includes(entry));
}

/** All processes of a user, by number. */
export function processesOf(uid: number): ProcessInfo[] {
  return listProcesses().filter(({ pid }) => ownerOf(pid) === uid);
}

function ownerOf(pid: number): number | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null;
}

/**
 * Kills until nothing is left; asks again after each round, because what is killed may have started something.
 * @throws Error that names what survives `timeoutMs`
 */
export async function killAll(find: () => ProcessInfo[], timeoutMs = 5000): Promise<void> {
  let left: ProcessInfo[] = [];
  const allGone = (): boolean => {
    left = find();
    for (const { pid } of left) sendSignal(pid, 'SIGKILL');
    return left.length === 0;
  };
  await waitFor('processes to die', allGone, timeoutMs).catch(() => {
    throw new Error(`SIGKILL did not end ${left.map(describeProcess).join(', ')}`);
  });
}

/** @returns false where the process is gone already */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  // 0 would be this process and all its kin
  if (!(pid > 1)) throw new Error(`${pid} is no process to signal`);
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

export function describeProcess({ pid, command }: ProcessInfo): string {
  return `${pid} (${command})`;
}

function listProcesses(): ProcessInfo[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap(readProcess);
}

function readProcess(pid: number): ProcessInfo[] {
  // `pid (name) state ppid …`; the name may hold blanks and brackets, so the fields count from the last one
  const stat = readProc(pid, 'stat');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (parent === undefined || state === 'Z') return [];
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const command = readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return [{ pid, parent: Number(parent), command: command === '' ? name : command }];
}

/** Empty where the process has ended meanwhile or belongs to somebody else. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
