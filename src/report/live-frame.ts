import type { InterruptionNotice } from '../model/fate.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import type { LiveModel, Running, Trouble } from './live-model.ts';
import type { Painter } from './painter.ts';
import type { Span } from './text.ts';
import { cutToWidth, displayWidth, harmless, padToWidth, renderSpans } from './text.ts';
import { splitWholeCharacters } from './utf8.ts';
import { countWords, describeOutcome, outcomePaint, outcomeSymbol, STEP_DOING, waveWords } from './words.ts';

export interface FrameOptions {
  /** of the terminal */
  readonly columns: number;
  /** rows the frame may take, at least 1 */
  readonly rows: number;
  /** ms since the epoch */
  readonly now: number;
  readonly painter: Painter;
}

const MAX_TROUBLE_ROWS = 4;
const MAX_LABEL_COLUMNS = 24;
const STEP_COLUMNS = Math.max(...Object.values(STEP_DOING).map((word) => word.length));
const TIME_COLUMNS = '59m59s'.length;
/** A rate measured over less says nothing. */
const MIN_RATE_MS = 1000;
const GAP = '  ';

/**
 * The live view as lines of at most `columns`: what is running, the last failures, and the state of the whole. Never
 * more than `rows` lines, however many instances there are; the last line is always the state of the whole.
 */
export function liveFrame(model: LiveModel, options: FrameOptions): string[] {
  const troubleRows = Math.min(model.troubles.length, MAX_TROUBLE_ROWS, Math.floor((options.rows - 1) / 3));
  const runningRows = options.rows - 1 - troubleRows;
  const troubles = troubleRows === 0 ? [] : model.troubles.slice(-troubleRows);
  return [
    ...runningLines([...model.running.values()], runningRows, options),
    ...troubles.map((trouble) => troubleLine(trouble, options)),
    stateLine(model, options),
  ];
}

function runningLines(running: readonly Running[], rows: number, options: FrameOptions): string[] {
  if (running.length === 0 || rows === 0) return [];
  const shown = running.length <= rows ? running : running.slice(0, rows - 1);
  const widest = Math.max(0, ...shown.map(({ label }) => displayWidth(label)));
  const labelColumns = Math.min(widest, MAX_LABEL_COLUMNS, Math.ceil(options.columns / 3));
  const lines = shown.map((instance) => runningLine(instance, labelColumns, options));
  const hidden = running.length - shown.length;
  return hidden === 0 ? lines : [...lines, moreLine(hidden, shown.length, options)];
}

function runningLine(instance: Running, labelColumns: number, { columns, now, painter }: FrameOptions): string {
  const elapsedMs = Math.max(0, now - instance.stepStartedAt);
  const spans: Span[] = [
    [GAP],
    [padToWidth(cutToWidth(instance.label, labelColumns), labelColumns), painter.bold],
    [`${GAP}${STEP_DOING[instance.step].padEnd(STEP_COLUMNS)}`],
    [`${GAP}${wholeSeconds(elapsedMs).padStart(TIME_COLUMNS)}`],
  ];
  if (instance.interruption !== null) spans.push([`${GAP}${countdown(instance.interruption, now)}`, painter.warn]);
  const detail = detailOf(instance, elapsedMs);
  if (detail !== '') spans.push([`${GAP}${detail}`, painter.dim]);
  return renderSpans(spans, columns);
}

function detailOf(instance: Running, elapsedMs: number): string {
  if (instance.step === 'execute') return lastLine(instance.output);
  return instance.waitsFor === '' ? transferDetail(instance, elapsedMs) : harmless(instance.waitsFor);
}

/** `terminate in 1:58`. */
function countdown({ action, at }: InterruptionNotice, now: number): string {
  return `${action} in ${clockTime(Date.parse(at) - now)}`;
}

/** A clock that ticks in whole seconds: tenths would have every row drawn anew ten times a second. */
export function wholeSeconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : formatDuration(Math.floor(ms / 1000) * 1000);
}

/** `14 MB of 20 MB, 3.4 MB/s`. */
function transferDetail({ bytes, totalBytes }: Running, elapsedMs: number): string {
  if (bytes === 0) return '';
  const amount = totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
  const rate = elapsedMs < MIN_RATE_MS ? '' : `, ${formatBytes((bytes / elapsedMs) * 1000)}/s`;
  return amount + rate;
}

function lastLine(output: Buffer): string {
  const text = splitWholeCharacters(output).whole.toString('utf8');
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return harmless(lines.at(-1) ?? '').trim();
}

function moreLine(hidden: number, shown: number, { columns, painter }: FrameOptions): string {
  return renderSpans(
    [[`${GAP}${shown === 0 ? `${hidden} running` : `… and ${hidden} more running`}`, painter.dim]],
    columns,
  );
}

function troubleLine({ label, result: { outcome } }: Trouble, { columns, painter }: FrameOptions): string {
  const paint = outcomePaint(outcome.kind, painter);
  const name = cutToWidth(label, MAX_LABEL_COLUMNS);
  return renderSpans([[`${outcomeSymbol(outcome.kind)} ${name}${GAP}`, paint], [describeOutcome(outcome)]], columns);
}

/**
 * `12 of 50 · 10 succeeded · 1 failed · 1 unreachable · 8 running · 30 waiting · wave 2 of 3 · 14 MB sent · 0:07`.
 * In a narrow terminal the last facts go first; the time stays.
 */
function stateLine(model: LiveModel, { columns, now, painter }: FrameOptions): string {
  const done = `${model.finished} of ${model.total}`;
  const time = clockTime(now - model.startedAt);
  const facts = stateFacts(model, now);
  const rest = (): string => ['', ...facts, time].join(' · ');
  while (facts.length > 0 && displayWidth(done + rest()) > columns) facts.pop();
  return renderSpans([[done, painter.bold], [rest()]], columns);
}

function stateFacts({ counts, finished, total, running, sentBytes, wave }: LiveModel, now: number): string[] {
  const waiting = total - finished - running.size;
  const facts = countWords(counts);
  if (running.size > 0) facts.push(`${running.size} running`);
  if (waiting > 0) facts.push(`${waiting} waiting`);
  if (wave !== null) facts.push(waveWords(wave) + (now < wave.startsAt ? ` in ${clockTime(wave.startsAt - now)}` : ''));
  if (sentBytes > 0) facts.push(`${formatBytes(sentBytes)} sent`);
  return facts;
}

/** `0:07`, `12:00`, `1:02:03`. */
function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const front = hours === 0 ? `${minutes}` : `${hours}:${pad(minutes)}`;
  return `${front}:${pad(seconds % 60)}`;
}
