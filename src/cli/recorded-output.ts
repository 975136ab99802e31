import type { AttemptRecord } from '../state/attempts.ts';
import { outputPaths, type StreamName } from '../run/outputs.ts';

/** `none`: it said nothing; `open`: it may yet say something; `pruned`: it was kept, and is not any more. */
export type OutputState = 'none' | 'open' | 'kept' | 'pruned';

/** What became of an output, as the state file has it. */
export function outputStateOf(attempt: AttemptRecord, stream: StreamName): OutputState {
  if (attempt.outcome === null) return 'open';
  const { path, bytes } = attempt[stream];
  if (bytes === 0) return 'none';
  return path === null ? 'pruned' : 'kept';
}

/** Where an output is; not by its path on record, as the folder of the state may have moved since. */
export function outputPath(logsDir: string, { instanceId }: AttemptRecord, stream: StreamName): string {
  return outputPaths(logsDir, instanceId)[stream];
}
