import { STEPS } from '../../model/outcome.ts';
import { OUTCOME_KINDS } from '../../model/outcome.ts';
import { formatBytes } from '../../util/format.ts';
import type { Span } from '../text.ts';
import { cutToWidth, displayWidth, harmless, renderSpans } from '../text.ts';
import { outcomePaint, outcomeSymbol, outcomeWord, waveWords } from '../words.ts';
import type { FrameOptions } from './frame.ts';
import type { LiveModel } from './model.ts';
import { clockTime, wholeSeconds } from './times.ts';

/** As much of a digest as people compare. */
const DIGEST_CHARS = 12;
/** Rows from which on there is room for all lines, and for two. */
const ROWS_FOR_ALL = 9;
const ROWS_FOR_TWO = 6;

/** One to four lines: what is sent, how far everyone is, what it came to so far, how fast it goes there. */
export function headLines(model: LiveModel, options: FrameOptions): string[] {
  if (options.rows >= ROWS_FOR_ALL) {
    return [
      titleLine(model, options),
      ...(model.total === 1 ? [] : [stateLine(model, options, null)]),
      ...outcomeLine(model, options),
      ...uploadLine(model, options),
    ];
  }
  const time = clockTime(options.now - model.startedAt);
  const more = options.rows >= ROWS_FOR_TWO ? outcomeLine(model, options) : [];
  return [stateLine(model, options, time), ...more];
}

/** One line that says it all, for panels that want the rest. */
export function shortHead(model: LiveModel, options: FrameOptions): string {
  return stateLine(model, options, clockTime(options.now - model.startedAt));
}

/** `deploy.sh · 1.2 MB · 3f2a91c04d7e          0:42`, the time at the right edge. */
function titleLine({ payload, startedAt }: LiveModel, { columns, now, painter }: FrameOptions): string {
  const time = clockTime(now - startedAt);
  if (payload === null) return renderSpans([[time]], columns);
  const { manifest, sizeBytes, digest } = payload;
  const details = [formatBytes(sizeBytes), harmless(digest).slice(0, DIGEST_CHARS)];
  while (details.length > 0 && [manifest.metadata.name, ...details, time].join(' · ').length > columns) details.pop();
  const rest = details.map((detail) => ` · ${detail}`).join('');
  const name = cutToWidth(harmless(manifest.metadata.name), Math.max(1, columns - rest.length - time.length - 1));
  const gap = ' '.repeat(Math.max(1, columns - displayWidth(name + rest) - time.length));
  return renderSpans([[name, painter.bold], [rest], [gap], [time]], columns);
}

/**
 * `38 of 500 · connect 3 · upload 12 · execute 80 · 367 waiting · wave 2 of 5`.
 * In a narrow terminal the last facts go first; the time stays, where it stands here.
 */
function stateLine(model: LiveModel, { columns, now, painter }: FrameOptions, time: string | null): string {
  const done = `${model.finished} of ${model.total}`;
  const facts = stateFacts(model, now);
  const rest = (): string => ['', ...facts, ...(time === null ? [] : [time])].join(' · ');
  while (facts.length > 0 && displayWidth(done + rest()) > columns) facts.pop();
  return renderSpans([[done, painter.bold], [rest()]], columns);
}

function stateFacts({ finished, total, running, stepCounts, wave }: LiveModel, now: number): string[] {
  const waiting = total - finished - running.size;
  const facts = STEPS.filter((step) => stepCounts[step] > 0).map((step) => `${step} ${stepCounts[step]}`);
  if (waiting > 0) facts.push(`${waiting} waiting`);
  if (wave !== null) facts.push(waveWords(wave) + (now < wave.startsAt ? ` in ${clockTime(wave.startsAt - now)}` : ''));
  return facts;
}

/** `✓ 36 succeeded  ✗ 1 failed  ! 2 about to be taken back`; nothing as long as there is nothing to say. */
function outcomeLine({ counts, running }: LiveModel, { columns, painter }: FrameOptions): string[] {
  const spans = OUTCOME_KINDS.filter((kind) => counts[kind] > 0).map((kind): Span => {
    return [`${outcomeSymbol(kind)} ${counts[kind]} ${outcomeWord(kind)}`, outcomePaint(kind, painter)];
  });
  const [noticed, slow] = [count(running, 'interruption'), count(running, 'straggler')];
  if (noticed > 0) spans.push([`! ${noticed} about to be taken back`, painter.warn]);
  if (slow > 0) spans.push([`! ${slow} slow`, painter.warn]);
  return spans.length === 0 ? [] : [renderSpans(spaced(spans), columns)];
}

function count(running: LiveModel['running'], what: 'interruption' | 'straggler'): number {
  let found = 0;
  for (const instance of running.values()) if (instance[what] !== null) found += 1;
  return found;
}

/** `uploaded 1.4 GB of 6.0 GB · 42 MB/s · 1m50s left`, while something is uploaded. */
function uploadLine({ upload, stepCounts }: LiveModel, { columns, now }: FrameOptions): string[] {
  if (stepCounts.upload === 0 || upload.goalBytes <= 0) return [];
  const { goalBytes, leftBytes } = upload;
  const facts = [`uploaded ${formatBytes(Math.max(0, goalBytes - leftBytes))} of ${formatBytes(goalBytes)}`];
  const rate = upload.rate(now);
  if (rate !== null) facts.push(`${formatBytes(rate)}/s`);
  if (rate !== null && rate > 0) facts.push(`${wholeSeconds((leftBytes / rate) * 1000)} left`);
  return [renderSpans([[facts.join(' · ')]], columns)];
}

function spaced(spans: readonly Span[]): Span[] {
  return spans.flatMap((span, index): Span[] => (index === 0 ? [span] : [['  '], span]));
}
