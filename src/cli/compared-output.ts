import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { inputError } from '../model/errors.ts';
import { labelOf } from '../model/instance.ts';
import type { StreamName } from '../run/outputs.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { mapBounded } from '../util/bounded.ts';
import { groupBy } from '../util/group-by.ts';
import { reasonOf } from '../util/system-error.ts';
import { outputPath, outputStateOf } from './recorded-output.ts';

/** An output that can be compared. */
export interface ComparedOutput {
  readonly attempt: AttemptRecord;
  /** null where the script said nothing */
  readonly path: string | null;
  readonly bytes: number;
  /** of its content, hex */
  readonly sha256: string;
}

/** Files that are read at once. */
const AT_ONCE = 8;

/** Whether the script was run there, and has ended: otherwise there is nothing to compare. */
export function isComparable({ outcome, steps }: AttemptRecord): boolean {
  return outcome !== null && steps.some(({ name }) => name === 'execute');
}

/**
 * Reads what identifies each output; no output is held in memory.
 * @throws SpotError (exit 66) where one is pruned or cannot be read
 */
export function fingerprint(
  attempts: readonly AttemptRecord[],
  stream: StreamName,
  logsDir: string,
): Promise<ComparedOutput[]> {
  return mapBounded(attempts, AT_ONCE, async (attempt) => {
    const state = outputStateOf(attempt, stream);
    if (state === 'pruned') throw prunedError(attempt, stream);
    const path = state === 'none' ? null : outputPath(logsDir, attempt, stream);
    return { attempt, path, ...(await digestOf(path)) };
  });
}

/** What is said of an output that is gone, here and by `spot logs`. */
export function prunedError(attempt: AttemptRecord, stream: StreamName): Error {
  const what = `${stream} of ${labelOf(attempt)} in run ${attempt.runId}`;
  return inputError('logs-pruned', `${what} was pruned; to keep more raise logs.keep_bytes or runs.keep`);
}

async function digestOf(path: string | null): Promise<Pick<ComparedOutput, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  if (path !== null) {
    try {
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      throw inputError('log-unreadable', `the output ${path} cannot be read (${reasonOf(error)})`, error);
    }
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The lines of an output with their line ends, each character a byte: so no difference is lost in decoding. */
export async function byteLinesOf({ path }: ComparedOutput): Promise<string[]> {
  const text = path === null ? '' : await readFile(path, 'latin1');
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Instances whose outputs are the same, byte for byte: the largest group first, then as in the run. */
export function groupOutputs(outputs: readonly ComparedOutput[]): ComparedOutput[][] {
  const groups = groupBy(outputs, ({ sha256 }) => sha256);
  return [...groups.values()].sort((a, b) => b.length - a.length);
}
