import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { expect } from 'vitest';
import { compileProgram, NODE_MODULES } from '../helpers/compile-program.ts';
import { databaseOfTest } from './support.ts';

/** @param name of a program in test/state/programs @returns the compiled one */
export function compile(name: string, folder: string): string {
  return compileProgram(new URL(`programs/${name}.ts`, import.meta.url), join(folder, `${name}.cjs`));
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
