import { join } from 'node:path';
import type { AttemptResult, OutputFile } from '../model/attempt.ts';
import { NO_OUTPUT, OutputLog, tailOf } from './output-log.ts';

export type StreamName = 'stdout' | 'stderr';

/** Both outputs of one attempt on disk: `<dir>/<instance>.out` and `.err`. */
export class Outputs {
  readonly stdout: OutputLog;
  readonly stderr: OutputLog;

  private constructor(stdout: OutputLog, stderr: OutputLog) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** @param keep go on behind what an earlier client of this run wrote down */
  static open(dir: string, instanceId: string, keep: boolean): Outputs {
    const paths = outputPaths(dir, instanceId);
    return new Outputs(new OutputLog(paths.stdout, keep), new OutputLog(paths.stderr, keep));
  }

  /** bytes received, of both */
  get bytes(): number {
    return this.stdout.bytes + this.stderr.bytes;
  }

  /** why what is on disk is not whole, or null */
  get failure(): Error | null {
    return this.stdout.failure ?? this.stderr.failure;
  }

  close(): Readonly<Record<StreamName, OutputFile>> {
    return { stdout: this.stdout.close(), stderr: this.stderr.close() };
  }
}

/** Where the outputs of an instance are, or will be with their first byte. */
export function outputPaths(dir: string, instanceId: string): Readonly<Record<StreamName, string>> {
  const base = outputBase(dir, instanceId);
  return { stdout: `${base}.out`, stderr: `${base}.err` };
}

/** What the names of all that comes from an instance begin with. */
export function outputBase(dir: string, instanceId: string): string {
  return join(dir, instanceId.replace(/[^A-Za-z0-9_.:@-]/g, '_'));
}

/** Of an attempt in which nothing was run. */
export const NO_OUTPUTS: Readonly<Record<StreamName, OutputFile>> = { stdout: NO_OUTPUT, stderr: NO_OUTPUT };

/** A result from the ledger, with the ends of its outputs as they are on disk. */
export function withTails(result: AttemptResult): AttemptResult {
  const [stdout, stderr] = [result.stdout, result.stderr].map((file) => ({
    ...file,
    tail: file.path === null ? '' : tailOf(file.path),
  })) as [OutputFile, OutputFile];
  return { ...result, stdout, stderr };
}
