import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How long `ps` may take where there is no /proc, ms. */
const PS_TIMEOUT_MS = 1000;

/**
 * Whether a process belongs to the job that its terminal listens to. Where it has no terminal of its own (no session
 * leads one), no shell can take it away. True where nobody knows.
 */
export function isInForeground(pid: number): boolean {
  const groups = groupsOfProc(pid) ?? groupsOfPs(pid);
  if (groups === null) return true;
  const [own, front] = groups;
  return front < 0 || own === front;
}

/** Its process group and that in front of its terminal, -1 where there is none: proc_pid_stat(5), fields 5 and 8. */
function groupsOfProc(pid: number): [number, number] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the name of the program, in brackets, may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [Number(fields[2]), Number(fields[5])];
  } catch {
    return null;
  }
}

function groupsOfPs(pid: number): [number, number] | null {
  try {
    const answer = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: PS_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const fields = answer.trim().split(/\s+/);
    return fields.length === 2 ? [Number(fields[0]), Number(fields[1]) || -1] : null;
  } catch {
    return null;
  }
}
