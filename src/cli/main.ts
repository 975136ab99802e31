import { homedir, userInfo } from 'node:os';
import { inputError, messageOf, SpotError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import { streamWriter, type Writer } from '../report/writer.ts';
import { systemClock } from '../util/clock.ts';
import { reasonOf } from '../util/system-error.ts';
import type { Io } from './io.ts';
import { readOpenFiles } from './open-files.ts';
import { runProgram } from './program.ts';

/** Runs one command line and gives the exit code; the only place that looks at the process. */
export async function main(argv: readonly string[], process: NodeJS.Process): Promise<number> {
  const { stdout, stderr } = writersOf(process);
  try {
    return await runProgram(argv, ioOf(process, stdout, stderr));
  } catch (error) {
    return explain(error, stderr, process.env);
  }
}

function writersOf(process: NodeJS.Process): { readonly stdout: Writer; readonly stderr: Writer } {
  const writer = (stream: NodeJS.WriteStream): Writer =>
    streamWriter(stream, (error) => {
      process.exitCode = ExitCode.internal;
      if (stream !== process.stderr) process.stderr.write(`spot: cannot write to stdout: ${reasonOf(error)}\n`);
    });
  return { stdout: writer(process.stdout), stderr: writer(process.stderr) };
}

function ioOf(process: NodeJS.Process, stdout: Writer, stderr: Writer): Io {
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
    nodeVersion: process.versions.node,
    clock: systemClock,
    random: Math.random,
    openFiles: readOpenFiles,
    onSignal: (signals, heard) => {
      for (const signal of signals) process.on(signal, heard);
      return () => {
        for (const signal of signals) process.off(signal, heard);
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

/** One sentence for what the user can mend; a stack only for a mistake of ours, or on demand. */
function explain(error: unknown, stderr: Writer, env: Io['env']): number {
  if (error instanceof SpotError) {
    for (const line of error.message.split('\n')) stderr.write(`spot: ${line}\n`);
    return error.exitCode;
  }
  if ((error as { code?: unknown } | null)?.code === 'EMFILE') {
    stderr.write('spot: too few open files are allowed (ulimit -n) to start at all; allow 64 or more\n');
    return ExitCode.config;
  }
  stderr.write(`spot: internal error: ${messageOf(error)}; please report it with the output of SPOT_DEBUG=1\n`);
  if (env['SPOT_DEBUG'] && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return ExitCode.internal;
}
