import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;
/** how long groups may take to end after TERM, and their leaders after KILL */
const GRACE_MS = 500;

/** The process groups that commands were started in, each named by the pid of its leader. */
export class ProcessGroups {
  readonly #leaders = new Map<number, ChildProcess>();

  /** Takes in a child that leads its own group (`detached`); a group is forgotten once nobody is in it. */
  add(leader: ChildProcess): void {
    if (leader.pid === undefined) return;
    this.#forgetEmpty();
    this.#leaders.set(leader.pid, leader);
    leader.once('exit', () => this.#forgetEmpty());
  }

  /**
   * Ends all groups: TERM, and KILL for those that are still there after half a second. The leaders are waited for;
   * what they left behind is init's to collect, dead but perhaps still listed for a while.
   */
  async end(): Promise<void> {
    this.#signalAll('SIGTERM');
    await within(GRACE_MS, () => this.#isEmpty());
    this.#signalAll('SIGKILL');
    await within(GRACE_MS, () => [...this.#leaders.values()].every(hasEnded));
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const id of this.#leaders.keys()) signalGroup(id, signal);
  }

  #isEmpty(): boolean {
    this.#forgetEmpty();
    return this.#leaders.size === 0;
  }

  #forgetEmpty(): void {
    for (const [id, leader] of this.#leaders) {
      if (hasEnded(leader) && !signalGroup(id, 0)) this.#leaders.delete(id);
    }
  }
}

/** Signals the group of a child, unless the child has ended: its pid may be somebody else's by then. */
export function signalCommand(leader: ChildProcess, signal: NodeJS.Signals): void {
  if (leader.pid !== undefined && !hasEnded(leader)) signalGroup(leader.pid, signal);
}

/**
 * Signals a process group; 0 only asks whether it is there.
 * @returns false where there is no such group
 */
function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-id, signal);
  } catch (error) {
    // EPERM: it is there, and another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function within(limitMs: number, isDone: () => boolean): Promise<void> {
  for (let waited = 0; waited < limitMs && !isDone(); waited += POLL_MS) await sleep(POLL_MS);
}
