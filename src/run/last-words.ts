import { statSync } from 'node:fs';
import { tailOf } from './output-log.ts';
import { outputPaths } from './outputs.ts';

/** The end of what a script said last. */
export interface LastWords {
  /** when, ms since the epoch */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  readonly end: Buffer;
}

/** Enough for a line that is worth showing, bytes. */
const KEPT_BYTES = 512;
/** Of a line, characters. */
const SHOWN_CHARACTERS = 200;

/** Adds a chunk of output. A copy is kept, so that the chunk itself can be freed. */
export function afterChunk(before: LastWords | null, next: LastWords): LastWords {
  const isMore = before?.stream === next.stream && next.end.length < KEPT_BYTES;
  const all = isMore ? Buffer.concat([before.end, next.end]) : next.end;
  return { ...next, end: Buffer.from(all.subarray(-KEPT_BYTES)) };
}

/** The last line that says anything, also where it is not whole yet; a progress bar draws over its line with CR. */
export function lastLineOf({ end }: Pick<LastWords, 'end'>): string {
  const lines = end.toString('utf8').split(/[\r\n]+/);
  const line = lines.findLast((candidate) => candidate.trim() !== '') ?? '';
  return line
    .replace(/^\uFFFD+/, '')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** What an earlier client wrote down last; null where the script has said nothing to it. */
export function recordedWords(logsDir: string, instanceId: string): LastWords | null {
  const paths = outputPaths(logsDir, instanceId);
  const found = (['stdout', 'stderr'] as const).flatMap((stream) => {
    const at = statSync(paths[stream], { throwIfNoEntry: false })?.mtimeMs;
    return at === undefined ? [] : [{ at: Math.round(at), stream, end: Buffer.from(tailOf(paths[stream])) }];
  });
  const [newest] = found.sort((a, b) => b.at - a.at);
  return newest === undefined ? null : afterChunk(null, newest);
}
