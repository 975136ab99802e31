import { STEP_DOING, describeOutcome, outcomePaint, outcomeSymbol } from '../words.ts';
import type { Span } from '../text.ts';
import { renderSpans } from '../text.ts';
import type { FrameOptions } from './frame.ts';
import type { LiveInstance } from './instance.ts';
import type { LiveModel } from './model.ts';
import { detailOf, instanceLines, matters, mostUrgent, silenceOf } from './rows.ts';
import { wholeSeconds } from './times.ts';

const QUOTE = '  | ';

/** Who is still running, the most urgent first, from the `top`th on. */
export function runningLines({ running, total }: LiveModel, top: number, options: FrameOptions): string[] {
  const rows = Math.max(0, options.rows - 1);
  const first = Math.max(0, Math.min(top, running.size - rows));
  const shown = mostUrgent(running).slice(first, first + rows);
  const what =
    running.size === 0 ? 'nothing is running' : `${running.size} of ${total} still running, the slowest first`;
  return [titleOf(what, first, shown.length, running.size, options), ...instanceLines(shown, true, options)];
}

/** One instance: what it does, and its output as it comes. */
export function followLines(model: LiveModel, instanceId: string, options: FrameOptions): string[] {
  const instance = model.instances.get(instanceId);
  return instance === undefined ? [] : outputLines(instance, options);
}

/** The state of one instance in a line, then the last of its output. */
export function outputLines(instance: LiveInstance, options: FrameOptions): string[] {
  const { rows, columns, painter } = options;
  if (rows <= 0) return [];
  const said = instance.tail.lines(rows - 1);
  return [aboutLine(instance, options), ...said.map((line) => renderSpans([[QUOTE, painter.dim], [line]], columns))];
}

/** `web-7  executing 2m10s  silent 40 s`, or what it came to. */
function aboutLine(instance: LiveInstance, { columns, now, painter }: FrameOptions): string {
  const { label, step, result } = instance;
  const spans: Span[] = [[label, painter.bold]];
  if (result !== null) {
    const { outcome } = result;
    spans.push([`  ${outcomeSymbol(outcome.kind)} ${describeOutcome(outcome)}`, outcomePaint(outcome.kind, painter)]);
  } else if (step === null) spans.push(['  waits for its turn']);
  else {
    spans.push([`  ${STEP_DOING[step]} ${wholeSeconds(now - instance.stepStartedAt)}`]);
    for (const matter of matters(instance, now)) spans.push([`  ${matter}`, painter.warn]);
    const detail = step === 'execute' ? silenceOf(instance, now) : detailOf(instance, now);
    if (detail !== '') spans.push([`  ${detail}`]);
  }
  return renderSpans(spans, columns);
}

const HELP: readonly (readonly [string, string])[] = [
  ['s', 'who is still running: step, time, how long it has been silent, its last line'],
  ['f', 'what did not succeed: why, and what it said last'],
  ['l 7 Enter', 'follow instance 7; the beginning of a name does as well'],
  ['q', 'stop the scripts, leave them running, or go on: as Ctrl-C'],
  ['↑ ↓ PgUp PgDn', 'scroll a list'],
  ['Esc', 'back to the overview; so does the same key again'],
  ['Ctrl-Z', 'put spot aside; fg takes it up again'],
];

export function helpLines({ rows, columns, painter }: FrameOptions): string[] {
  const width = Math.max(...HELP.map(([key]) => key.length));
  const lines = HELP.map(([key, what]) => renderSpans([[`  ${key.padEnd(width)}  `, painter.bold], [what]], columns));
  return lines.slice(0, Math.max(0, rows));
}

/** `95 of 500 still running, the slowest first · 19 to 36`. */
function titleOf(
  what: string,
  first: number,
  shown: number,
  count: number,
  { columns, painter }: FrameOptions,
): string {
  const range = shown < count ? ` · ${first + 1} to ${first + shown}` : '';
  return renderSpans([[what, painter.bold], [range]], columns);
}
