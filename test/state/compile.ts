import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect } from 'vitest';
import { compiledPostgresThread } from '../helpers/postgres-thread.ts';
import { databaseOfTest } from './support.ts';

/** For NODE_PATH of what `compile` made. */
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Node cannot run TypeScript: the program becomes one CommonJS file that finds the driver through NODE_PATH. */
export function compile(name: string, folder: string): string {
  const outfile = join(folder, `${name}.cjs`);
  buildSync({
    entryPoints: [fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'pg', 'synckit'],
    banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'fileUrl', SPOT_POSTGRES_THREAD: JSON.stringify(compiledPostgresThread()) },
  });
  return outfile;
}

/** What it opens its state with is in the environment, too. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const database = databaseOfTest();
  return {
    ...process.env,
    NODE_PATH: NODE_MODULES,
    ...(database === null ? {} : { TEST_STATE_DATABASE: database }),
  };
}

export function startProgram(program: string, args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [program, ...args], {
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Starts all, tells them to go when the last one is ready, and waits until each has ended well. */
export async function runAtOnce(
  program: string,
  count: number,
  argumentsOf: (index: number) => string[],
): Promise<void> {
  const children = Array.from({ length: count }, (_, index) => startProgram(program, argumentsOf(index)));
  const exits = Promise.all(children.map(async (child) => (await once(child, 'exit')) as [number | null]));
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  for (const child of children) child.stdin.end('go\n');
  expect((await exits).map(([code]) => code)).toEqual(children.map(() => 0));
}
