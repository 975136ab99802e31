import type { AttemptResult } from '../model/attempt.ts';
import { clusterAttempts } from '../report/clusters.ts';
import { outputDigests } from '../report/output-digests.ts';
import { type ClusterLook, countsLine, outputLines, troubleBlocks } from '../report/summary/clusters.ts';
import { wordsOf } from '../report/summary/names.ts';
import { type StreamName, withTails } from '../run/outputs.ts';
import { resultOf } from '../state/attempt-result.ts';
import type { AttemptRecord } from '../state/attempts.ts';
import { outputPath, outputStateOf } from './recorded-output.ts';

/** Up to so many instances the table says it all. */
const MAX_TABLE_ALONE = 10;

export type ShowClustersLook = Pick<ClusterLook, 'painter' | 'columns' | 'cwd'>;

/** What the attempts of a run on many instances have in common, as at its end; '' where it is not on many. */
export async function clustersText(
  attempts: readonly AttemptRecord[],
  logsDir: string,
  look: ShowClustersLook,
): Promise<string> {
  if (attempts.length <= MAX_TABLE_ALONE) return '';
  const results = attempts.flatMap((attempt) => {
    const result = resultOf(attempt);
    return result === null ? [] : [withTails({ ...result, ...outputsOf(attempt, logsDir) })];
  });
  const clusters = clusterAttempts(results, await outputDigests(results));
  const whole = { ...look, words: wordsOf(results), verbose: false };
  const parts = [...troubleBlocks(clusters, whole), outputLines(clusters, false, whole)];
  if (clusters.some(({ kind }) => kind !== 'succeeded')) parts.push(countsLine(clusters, whole));
  return parts.filter((part) => part !== '').join('\n');
}

/** Where they are now, as the folder of the state may have moved. */
function outputsOf(attempt: AttemptRecord, logsDir: string): Pick<AttemptResult, StreamName> {
  const fileOf = (stream: StreamName): AttemptResult[StreamName] => {
    const path = outputStateOf(attempt, stream) === 'kept' ? outputPath(logsDir, attempt, stream) : null;
    return { path, bytes: attempt[stream].bytes, tail: '' };
  };
  return { stdout: fileOf('stdout'), stderr: fileOf('stderr') };
}
