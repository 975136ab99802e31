import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** For NODE_PATH of what `compile` made. */
export const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Node cannot run TypeScript: the program becomes one CommonJS file that finds the driver through NODE_PATH. */
export function compile(name: string, folder: string): string {
  const outfile = join(folder, `${name}.cjs`);
  buildSync({
    entryPoints: [fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3'],
  });
  return outfile;
}

export function startProgram(program: string, args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NODE_PATH: NODE_MODULES },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
