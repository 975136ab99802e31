import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { compileProgram, NODE_MODULES } from '../helpers/compile-program.ts';
import { noteClient } from '../helpers/leak-mark.ts';
import type { Project } from '../e2e/project.ts';

/** Compiles the worker that dies. @returns the program */
export function compileDyingWorker(folder: string): string {
  return compileProgram(new URL('programs/dying-worker.ts', import.meta.url), join(folder, 'dying-worker.cjs'));
}

/** What became of a worker that was to die. */
export interface Death {
  readonly wasKilled: boolean;
  /** what it wrote, where it lived */
  readonly writes: readonly string[];
}

/**
 * Works on the queue of a project in a process of its own.
 * @param fatal dies just before this write, from 1; Infinity: it comes to its end
 */
export async function workUntil(
  program: string,
  project: Pick<Project, 'cwd' | 'home'>,
  fatal: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Death> {
  const child = spawn(process.execPath, [program, project.cwd, project.home, String(fatal)], {
    env: { PATH: process.env['PATH'], NODE_PATH: NODE_MODULES, HOME: project.home, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const forget = noteClient(child.pid as number);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGTERM'), 60_000);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  forget();
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the worker ended with ${code ?? signal}: ${said}`);
  return { wasKilled: signal === 'SIGKILL', writes: said.split('\n').filter((line) => line !== '') };
}
