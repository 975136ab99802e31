import type { InterruptionNotice } from '../../model/fate.ts';
import { formatBytes } from '../../util/format.ts';
import type { Span } from '../text.ts';
import { cutToWidth, displayWidth, harmless, padToWidth, renderSpans } from '../text.ts';
import { STEP_DOING } from '../words.ts';
import type { FrameOptions } from './frame.ts';
import type { LiveInstance } from './instance.ts';
import type { LiveModel } from './model.ts';
import { clockTime, wholeSeconds } from './times.ts';

const MAX_LABEL_COLUMNS = 24;
const STEP_COLUMNS = Math.max(...Object.values(STEP_DOING).map((word) => word.length));
const TIME_COLUMNS = '59m59s'.length;
/** A rate measured over less says nothing. */
const MIN_RATE_MS = 1000;
/** A script that has said nothing for so long is called silent. */
const SILENT_MS = 10_000;
const GAP = '  ';

/** Whoever deserves the eye first: about to be taken back, much slower than the others, then the longest under way. */
export function mostUrgent(running: LiveModel['running']): LiveInstance[] {
  return [...running.values()].sort(
    (a, b) => urgency(a) - urgency(b) || a.startedAt - b.startedAt || a.number - b.number,
  );
}

function urgency({ interruption, straggler }: LiveInstance): number {
  if (interruption !== null) return 0;
  return straggler === null ? 2 : 1;
}

/**
 * A line for each: `web-1  executing    42 s  Setting up nginx`.
 * @param isNumbered with the number that `l` takes in front
 */
export function instanceLines(shown: readonly LiveInstance[], isNumbered: boolean, options: FrameOptions): string[] {
  const labelColumns = columnsForLabels(shown, options);
  const numberColumns = isNumbered ? String(Math.max(0, ...shown.map(({ number }) => number))).length : 0;
  return shown.map((instance) => {
    const number = numberColumns === 0 ? '' : `${String(instance.number).padStart(numberColumns)}${GAP}`;
    const name = padToWidth(cutToWidth(instance.label, labelColumns), labelColumns);
    return renderSpans(
      [[`${GAP}${number}`], [name, options.painter.bold], ...doing(instance, options)],
      options.columns,
    );
  });
}

function columnsForLabels(shown: readonly LiveInstance[], { columns }: FrameOptions): number {
  const widest = Math.max(0, ...shown.map(({ label }) => displayWidth(label)));
  return Math.min(widest, MAX_LABEL_COLUMNS, Math.ceil(columns / 3));
}

/** Step, time, what is the matter, and the last that was heard. */
function doing(instance: LiveInstance, { now, painter }: FrameOptions): Span[] {
  const { step } = instance;
  if (step === null) return [];
  const time = wholeSeconds(now - instance.stepStartedAt).padStart(TIME_COLUMNS);
  const spans: Span[] = [[`${GAP}${STEP_DOING[step].padEnd(STEP_COLUMNS)}${GAP}${time}`]];
  for (const matter of matters(instance, now)) spans.push([`${GAP}${matter}`, painter.warn]);
  const silence = silenceOf(instance, now);
  if (silence !== '') spans.push([`${GAP}${silence}`]);
  const detail = detailOf(instance, now);
  if (detail !== '') spans.push([`${GAP}${detail}`, painter.dim]);
  return spans;
}

/** `terminate in 1:58`, `4.2 × the median`. */
export function matters({ interruption, straggler }: LiveInstance, now: number): string[] {
  const found: string[] = [];
  if (interruption !== null) found.push(countdown(interruption, now));
  if (straggler !== null) found.push(`${timesTheMedian(straggler, now)} × the median`);
  return found;
}

function countdown({ action, at }: InterruptionNotice, now: number): string {
  return `${action} in ${clockTime(Date.parse(at) - now)}`;
}

function timesTheMedian({ at, elapsedMs, medianMs }: NonNullable<LiveInstance['straggler']>, now: number): string {
  const times = (elapsedMs + Math.max(0, now - at)) / Math.max(1, medianMs);
  return times < 10 ? times.toFixed(1) : String(Math.round(times));
}

/** `silent 40 s`, where a script has not spoken for long. */
export function silenceOf({ step, outputAt, stepStartedAt }: LiveInstance, now: number): string {
  const silentMs = now - (outputAt ?? stepStartedAt);
  return step === 'execute' && silentMs >= SILENT_MS ? `silent ${wholeSeconds(silentMs)}` : '';
}

/** The last line of output, what it waits for, or how much was sent. */
export function detailOf(instance: LiveInstance, now: number): string {
  if (instance.step === 'execute') return instance.tail.lastLine();
  return instance.waitsFor === '' ? transferDetail(instance, now) : harmless(instance.waitsFor);
}

/** `14 MB of 20 MB, 3.4 MB/s`. */
function transferDetail({ bytes, totalBytes, stepStartedAt }: LiveInstance, now: number): string {
  if (bytes === 0) return '';
  const elapsedMs = now - stepStartedAt;
  const amount = totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
  return elapsedMs < MIN_RATE_MS ? amount : `${amount}, ${formatBytes((bytes / elapsedMs) * 1000)}/s`;
}

/** `newest output: web-88, 0 s ago: Reading package lists`. */
export function newestLine({ newest }: LiveModel, { columns, now, painter }: FrameOptions): string | null {
  const outputAt = newest?.outputAt ?? null;
  if (newest === null || outputAt === null) return null;
  const age = `${wholeSeconds(now - outputAt)} ago`;
  return renderSpans(
    [[`${GAP}newest output: ${newest.label}, ${age}${GAP}`], [newest.tail.lastLine(), painter.dim]],
    columns,
  );
}
