import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { compiledPostgresThread } from '../helpers/postgres-thread.ts';
import { noteClient } from '../helpers/leak-mark.ts';
import type { Project } from '../e2e/project.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles the worker that dies. @returns the program */
export function compileDyingWorker(folder: string): string {
  const outfile = join(folder, 'dying-worker.cjs');
  buildSync({
    entryPoints: [join(ROOT, 'test/service/programs/dying-worker.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'pg', 'synckit', 'pino', 'graphile-worker', 'fastify', '*.node'],
    loader: { '.sh': 'text' },
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: {
      'import.meta.url': 'fileUrl',
      SPOT_VERSION: '"0.0.0"',
      SPOT_POSTGRES_THREAD: JSON.stringify(compiledPostgresThread()),
    },
    logLevel: 'error',
  });
  return outfile;
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
    env: { PATH: process.env['PATH'], NODE_PATH: join(ROOT, 'node_modules'), HOME: project.home, ...env },
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
