import { dirname, isAbsolute, relative } from 'node:path';
import type { AttemptResult } from '../../model/attempt.ts';
import { formatBytes } from '../../util/format.ts';
import { harmless } from '../text.ts';

const MAX_LINE_CHARS = 500;

/** The end of an output, and how much comes before it. */
export interface Tail {
  readonly stream: 'stdout' | 'stderr';
  /** none where nothing was said */
  readonly lines: readonly string[];
  readonly hiddenBytes: number;
  /** of the whole output, absolute, or null */
  readonly path: string | null;
}

export const NO_TAIL: Tail = { stream: 'stdout', lines: [], hiddenBytes: 0, path: null };

/** The end of what says most: what went wrong is on stderr, if anything is there; what went well is on stdout. */
export function tailOf(attempt: AttemptResult, maxLines: number): Tail {
  const isWell = attempt.outcome.kind === 'succeeded';
  const [first, second] = isWell ? (['stdout', 'stderr'] as const) : (['stderr', 'stdout'] as const);
  const stream = attempt[first].bytes > 0 ? first : second;
  const { bytes, path, tail } = attempt[stream];
  const lines = tail.trim() === '' ? [] : tail.replace(/\n$/, '').split('\n').slice(-maxLines);
  const shownBytes = Buffer.byteLength(lines.map(cutLine).join('\n')) + (tail.endsWith('\n') ? 1 : 0);
  return { stream, lines: lines.map(cutLine), hiddenBytes: Math.max(0, bytes - shownBytes), path };
}

function cutLine(line: string): string {
  return line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line;
}

/** The lines, and before them how much more there is, and where: in one file, or in as many as there are instances. */
export function formatTail({ lines, hiddenBytes, path }: Tail, instances: number, cwd: string): string {
  const body = lines.map((line) => `  | ${harmless(line.replace(/\r$/, ''))}\n`).join('');
  if (hiddenBytes <= 0 || path === null) return body;
  const where = showPath(instances === 1 ? path : dirname(path), cwd);
  return `  … ${instances === 1 ? '' : 'up to '}${formatBytes(hiddenBytes)} more in ${where}\n${body}`;
}

/** Relative, where it is below the working folder. */
export function showPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}
