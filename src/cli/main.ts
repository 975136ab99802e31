import { homedir, userInfo } from 'node:os';
import { messageOf, SpotError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import { streamWriter, type Writer } from '../report/writer.ts';
import { systemClock } from '../util/clock.ts';
import type { Io } from './io.ts';
import { runProgram } from './program.ts';

/** Runs one command line and gives the exit code; the only place that looks at the process. */
export async function main(argv: readonly string[], process: NodeJS.Process): Promise<number> {
  const io = ioOf(process);
  try {
    return await runProgram(argv, io);
  } catch (error) {
    return explain(error, io.stderr, io.env);
  }
}

function ioOf(process: NodeJS.Process): Io {
  const writer = (stream: NodeJS.WriteStream): Writer =>
    streamWriter(stream, (error) => {
      process.exitCode = ExitCode.internal;
      if (stream !== process.stderr) process.stderr.write(`spot: cannot write to stdout: ${error.message}\n`);
    });
  return {
    stdout: writer(process.stdout),
    stderr: writer(process.stderr),
    get stdin() {
      return process.stdin;
    },
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] || homedir(),
    get user() {
      return userInfo().username;
    },
    pid: process.pid,
    clock: systemClock,
    random: Math.random,
    onSignal: (signals, heard) => {
      for (const signal of signals) process.on(signal, heard);
      return () => {
        for (const signal of signals) process.off(signal, heard);
      };
    },
    exitNow: (code) => process.exit(code),
  };
}

/** One sentence for what the user can mend; a stack only for a mistake of ours, or on demand. */
function explain(error: unknown, stderr: Writer, env: Io['env']): number {
  if (error instanceof SpotError) {
    stderr.write(`spot: ${error.message}\n`);
    return error.exitCode;
  }
  stderr.write(`spot: internal error: ${messageOf(error)}; please report it with the output of SPOT_DEBUG=1\n`);
  if (env['SPOT_DEBUG'] && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return ExitCode.internal;
}
