import { homedir, userInfo } from 'node:os';
import { inputError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import { streamWriter, type Writer } from '../report/writer.ts';
import { systemClock } from '../util/clock.ts';
import { reasonOf } from '../util/system-error.ts';
import { isInForeground } from './foreground.ts';
import type { Io } from './io.ts';
import { readOpenFiles } from './open-files.ts';

const EXITS = ['exit', 'uncaughtExceptionMonitor'] as const;

/** Where a process writes, for as long as somebody reads it. */
export function writersOf(process: NodeJS.Process): { readonly stdout: Writer; readonly stderr: Writer } {
  const writer = (stream: NodeJS.WriteStream): Writer =>
    streamWriter(stream, (error) => {
      process.exitCode = ExitCode.internal;
      if (stream !== process.stderr) process.stderr.write(`spot: cannot write to stdout: ${reasonOf(error)}\n`);
    });
  return { stdout: writer(process.stdout), stderr: writer(process.stderr) };
}

/** @throws SpotError (exit 66) where the current folder is gone */
export function ioOf(process: NodeJS.Process, stdout: Writer, stderr: Writer): Io {
  const cwd = currentFolder(process);
  return {
    stdout,
    stderr,
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    cwd,
    // in a container the user may have no entry in passwd
    home: process.env['HOME'] || orElse(homedir, cwd),
    get user() {
      return orElse(() => userInfo().username, process.env['USER'] || String(process.getuid?.()));
    },
    pid: process.pid,
    clock: systemClock,
    random: Math.random,
    openFiles: readOpenFiles,
    onSignal: (signals, heard) => {
      for (const signal of signals) process.on(signal, heard);
      return () => {
        for (const signal of signals) process.off(signal, heard);
      };
    },
    raise: (signal, to) => process.kill(to === 'self' ? process.pid : 0, signal),
    isInForeground: () => isInForeground(process.pid),
    onExit: (ends) => {
      // an error is told before the process ends, and would stand in the middle of what is drawn
      for (const event of EXITS) process.on(event, ends);
      return () => {
        for (const event of EXITS) process.off(event, ends);
      };
    },
    exitNow: (code) => process.exit(code),
  };
}

/** @throws SpotError (exit 66) where somebody has removed it */
function currentFolder(process: NodeJS.Process): string {
  try {
    return process.cwd();
  } catch (error) {
    const message = `the current folder cannot be used (${reasonOf(error)}); change into another one`;
    throw inputError('no-current-folder', message, error);
  }
}

function orElse(find: () => string, otherwise: string): string {
  try {
    return find();
  } catch {
    return otherwise;
  }
}
