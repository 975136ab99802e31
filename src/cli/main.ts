import { messageOf, SpotError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Writer } from '../report/writer.ts';
import type { Io } from './io.ts';
import { ioOf, writersOf } from './process-io.ts';
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
