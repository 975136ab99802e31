// What runs of a soak have left on this machine, which is the machine of all its hosts, too.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const REMOTE_TMP = '/tmp';
const POLL_MS = 100;

/**
 * Processes that a script has started, or that still work for its run, by what the runner gives them.
 * @param {Set<string>} runIds
 * @returns {{ pid: number, runId: string, instanceId: string, command: string }[]}
 */
export function scriptProcesses(runIds) {
  return pids().flatMap((pid) => {
    const variables = new Map(read(pid, 'environ').split('\0').map(splitOnce));
    const runId = variables.get('SPOT_RUN_ID');
    if (runId === undefined || !runIds.has(runId) || isZombie(pid)) return [];
    const command = read(pid, 'cmdline').replaceAll('\0', ' ').trim();
    return [{ pid, runId, instanceId: variables.get('SPOT_INSTANCE_ID'), command }];
  });
}

/** Folders of runs that these processes began, control folders and files folders, with their processes. */
export function foldersOf(clientPids) {
  const folders = readdirSync(REMOTE_TMP).filter((name) => /^(\.spot|deploy_files)_/.test(name));
  return folders
    .filter((name) => clientPids.has(Number(/_(\d+)(\.|$)/.exec(name)?.[1])))
    .map((name) => `${REMOTE_TMP}/${name}`);
}

export function controlFolder(stamp) {
  return `${REMOTE_TMP}/.spot_${stamp}`;
}

/** Processes of runners: their command line names the control folder. */
export function runnerProcesses(clientPids) {
  return pids().flatMap((pid) => {
    const command = read(pid, 'cmdline').replaceAll('\0', ' ');
    const stamp = /\/tmp\/\.spot_\d+T\d+_(\d+)/.exec(command);
    if (stamp === null || !clientPids.has(Number(stamp[1])) || isZombie(pid)) return [];
    return [{ pid, command: `${stamp[0]} (${command.slice(0, 40)}…)` }];
  });
}

export function removeFolders(folders) {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

export function killAll(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Asks again until nothing is found any more, or the time is up. @returns what is found at last */
export async function untilNone(find, timeoutMs) {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const found = find();
    if (found.length === 0 || Date.now() > giveUpAt) return found;
    await sleep(POLL_MS);
  }
}

function pids() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isZombie(pid) {
  const stat = read(pid, 'stat');
  return stat === '' || /\) [ZX] /.test(stat);
}

/** Empty where the process has ended meanwhile. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function splitOnce(entry) {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}
