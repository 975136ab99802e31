import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptResult } from '../../model/attempt.ts';
import { inputError, usageError } from '../../model/errors.ts';
import { outputPaths, type StreamName, withTails } from '../../run/outputs.ts';
import type { AttemptRecord } from '../../state/attempts.ts';
import { isoTime } from '../../util/clock.ts';
import type { AttemptView, OutputOnDisk } from './api.ts';

/** Of a script that goes on, looked at for its last line, bytes. */
const LAST_BYTES = 1024;

type Streams = AttemptView['bytes'];

/** The files of an attempt; not by their paths on record, as the folder of the state may have moved since. */
function pathsOf(logsDir: string, { runId, instanceId }: AttemptRecord): Readonly<Record<StreamName, string>> {
  return outputPaths(join(logsDir, runId), instanceId);
}

export function bytesOnDisk(logsDir: string, attempt: AttemptRecord): Streams {
  const paths = pathsOf(logsDir, attempt);
  return { stdout: sizeOf(paths.stdout), stderr: sizeOf(paths.stderr) };
}

/** The newest line that there is of a script that goes on: the last one of the output that was written last. */
export function lastWords(logsDir: string, attempt: AttemptRecord): AttemptView['said'] {
  if (attempt.outcome !== null || attempt.startedAt === null) return null;
  const { stdout, stderr } = pathsOf(logsDir, attempt);
  const ends = [stdout, stderr].flatMap((path) => endOf(path) ?? []).sort((a, b) => b.atMs - a.atMs);
  const [newest] = ends;
  return newest === undefined ? null : { line: newest.line, at: isoTime(newest.atMs) };
}

/** A result from the ledger, with the ends of its outputs as they are on this machine. */
export function withTailsHere(logsDir: string, attempt: AttemptRecord, result: AttemptResult): AttemptResult {
  const paths = pathsOf(logsDir, attempt);
  const here = (stream: StreamName): AttemptResult['stdout'] => {
    return { ...result[stream], path: result[stream].path === null ? null : paths[stream] };
  };
  return withTails({ ...result, stdout: here('stdout'), stderr: here('stderr') });
}

/** @throws SpotError (exit 66) `output-gone`, `output-elsewhere` */
export function findOutput(logsDir: string, attempt: AttemptRecord, stream: StreamName): OutputOnDisk {
  const path = pathsOf(logsDir, attempt)[stream];
  const bytes = sizeOf(path);
  const isOpen = attempt.outcome === null;
  if (bytes !== null) return { path, bytes, isOpen };
  const recorded = attempt[stream];
  if (isOpen || recorded.bytes === 0) return { path, bytes: 0, isOpen };
  const what = `the ${stream} of ${attempt.instanceId} in run ${attempt.runId}`;
  if (recorded.path === null) throw inputError('output-gone', `${what} was pruned; more is kept with logs.keep_bytes`);
  throw inputError('output-elsewhere', `${what} is in the logs of the machine that worked on it, and not on this one`);
}

export function attemptUnknown(runId: string, instanceId: string): Error {
  return usageError('attempt-unknown', `${instanceId} is not in run ${runId}`);
}

/** Null where there is no file. */
function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function endOf(path: string): { readonly line: string; readonly atMs: number } | null {
  if (sizeOf(path) === null) return null;
  const fd = openSync(path, 'r');
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const block = Buffer.alloc(Math.min(size, LAST_BYTES));
    readSync(fd, block, 0, block.length, size - block.length);
    const line =
      block
        .toString('utf8')
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1) ?? '';
    return line === '' ? null : { line, atMs: Math.floor(mtimeMs) };
  } finally {
    closeSync(fd);
  }
}
