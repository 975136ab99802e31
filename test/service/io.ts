import process from 'node:process';
import type { Io } from '../../src/cli/io.ts';
import { systemClock } from '../../src/util/clock.ts';

/** The surroundings of a program that nobody looks at, in a folder and a home of its own. */
export function ioOf(
  { cwd, home }: { readonly cwd: string; readonly home: string },
  env: Readonly<Record<string, string | undefined>>,
): Io {
  const sink = { write: () => true } as unknown as Io['stdout'];
  return {
    stdout: sink,
    stderr: sink,
    stdin: process.stdin,
    env,
    cwd,
    home,
    user: 'tester',
    pid: process.pid,
    clock: systemClock,
    random: Math.random,
    openFiles: () => null,
    onSignal: () => () => undefined,
    raise: () => undefined,
    isInForeground: () => true,
    onExit: () => () => undefined,
    exitNow: (code) => {
      throw new Error(`left with ${code}`);
    },
  };
}
