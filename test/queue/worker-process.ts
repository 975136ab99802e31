import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { compileProgram, NODE_MODULES } from '../helpers/compile-program.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import type { Place } from './place.ts';

/** Workers in processes of their own, which write down what they do with the keys in a folder that they share. */
export class WorkerProcesses {
  readonly #place: Place;
  readonly #leaseMs: number;
  readonly #folder: string;
  readonly #program: string;

  constructor(place: Place, leaseMs: number) {
    this.#place = place;
    this.#leaseMs = leaseMs;
    this.#folder = tempDir();
    for (const name of ['at', 'receipts', 'lost']) mkdirSync(join(this.#folder, name));
    this.#program = compileProgram(new URL('programs/work.ts', import.meta.url), join(this.#folder, 'work.cjs'));
  }

  /** Resolves when it works. */
  async start(): Promise<ChildProcess> {
    const words = [this.#program, JSON.stringify(this.#place), this.#folder, String(this.#leaseMs)];
    const env = { ...process.env, NODE_PATH: NODE_MODULES };
    const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => end(child, () => child.kill('SIGKILL')));
    await once(child.stdout, 'data');
    return child;
  }

  /** keys that were carried out */
  get receipts(): string[] {
    return readdirSync(join(this.#folder, 'receipts'));
  }

  /** process ids of those who have seen that they have lost a lease */
  get lost(): number[] {
    return readdirSync(join(this.#folder, 'lost')).map(Number);
  }

  /** What must not happen to those who have not lost a lease, which a machine that is busy enough may take from anybody. */
  get wrong(): string[] {
    const file = join(this.#folder, 'wrong');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    const { lost } = this;
    return lines.filter((line) => !(JSON.parse(line) as { pids: number[] }).pids.some((pid) => lost.includes(pid)));
  }

  isAtSomething(child: ChildProcess): boolean {
    return this.held.some((key) => this.#ownerOf(key) === child.pid);
  }

  #ownerOf(key: string): number | null {
    try {
      return Number(readlinkSync(join(this.#folder, 'at', key)));
    } catch {
      // it has just been let go
      return null;
    }
  }

  /** what somebody is at, or died at */
  get held(): string[] {
    return readdirSync(join(this.#folder, 'at'));
  }
}

export function kill(child: ChildProcess): Promise<void> {
  return end(child, () => child.kill('SIGKILL'));
}

/** Lets it finish what it is at. */
export function finish(child: ChildProcess): Promise<void> {
  return end(child, () => child.stdin?.end());
}

async function end(child: ChildProcess, how: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  how();
  await ended;
}
