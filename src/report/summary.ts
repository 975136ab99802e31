import { dirname, isAbsolute, relative } from 'node:path';
import type { AttemptResult, OutputFile, RunResult } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import { OUTCOME_KINDS } from '../model/outcome.ts';
import { formatBytes, formatDuration, plural } from '../util/format.ts';
import { labelInstances } from './labels.ts';
import type { Painter } from './painter.ts';
import type { Report } from './report.ts';
import type { Cell } from './table.ts';
import { formatTable } from './table.ts';
import { harmless } from './text.ts';
import { attemptMs, countWords, describeSteps, isTrouble } from './words.ts';
import { outcomeDetail, outcomePaint, outcomeSymbol, outcomeWord } from './words.ts';
import type { Writer } from './writer.ts';

export interface SummaryOptions {
  readonly writer: Writer;
  readonly painter: Painter;
  /** show the end of the output of what succeeded too: where nothing has printed it before */
  readonly showOutput: boolean;
  /** say how long each step took */
  readonly verbose: boolean;
  /** absolute; paths below it are shown relative to it */
  readonly cwd: string;
}

/** The closing table, the end of the output that matters, and one sentence. */
export function createSummary(options: SummaryOptions): Report {
  let result: RunResult | null = null;
  let showFolder = false;
  let goal = 'succeeded';
  let payloadBytes = 0;
  return {
    emit(event: RunEvent) {
      if (event.type === 'run-started') {
        showFolder = event.plan.mode === 'copy';
        if (event.onlyWaits) goal = 'ready';
        payloadBytes = event.plan.payload.sizeBytes;
      }
      if (event.type === 'run-finished') result = event.result;
    },
    close() {
      if (result !== null) options.writer.write(formatSummary(result, { ...options, showFolder, goal, payloadBytes }));
    },
  };
}

interface Layout extends SummaryOptions {
  /** say where the files are on the instance: after a copy that is what one wants to know */
  readonly showFolder: boolean;
  /** what became of those that succeeded, in the closing sentence */
  readonly goal: string;
  /** of the whole archive */
  readonly payloadBytes: number;
}

/** Above this number of instances the table lists only what did not succeed. */
const MAX_FULL_TABLE = 30;
/** The same where something did not: it must not be looked for between many that did. */
const MAX_MIXED_TABLE = 10;
/** The output of succeeded instances is shown up to this number of them. */
const MAX_SHOWN_SUCCEEDED = 5;
/** Different outputs that are shown; the logs have them all. */
const MAX_TAILS = 5;
const TAIL_LINES = 10;
const TAIL_LINE_CHARS = 500;
const HEADER = ['  INSTANCE', 'ADDRESS', 'OUTCOME', 'TIME', 'DETAIL'];
/** Labels in the heading of an output that several instances share. */
const MAX_HEADING_LABELS = 3;

function formatSummary(result: RunResult, options: Layout): string {
  const labels = labelInstances(result.attempts);
  const parts = [tableOf(result, labels, options), ...tailsOf(result, labels, options), closing(result, options)];
  return parts
    .filter((part) => part !== '')
    .map((part) => `\n${part}`)
    .join('');
}

type Labels = ReadonlyMap<string, string>;

function tableOf({ attempts }: RunResult, labels: Labels, options: Layout): string {
  const most = attempts.every(isSuccess) ? MAX_FULL_TABLE : MAX_MIXED_TABLE;
  const listed = attempts.length > most ? attempts.filter((attempt) => !isSuccess(attempt)) : attempts;
  if (listed.length === 0) return '';
  const rows = listed.map((attempt) => tableRow(attempt, labels, options));
  const isUsed = HEADER.map((_, column) => rows.some((row) => row[column] !== ''));
  const used = <T>(cells: readonly T[]): T[] => cells.filter((_, column) => isUsed[column]);
  return formatTable(used(HEADER), rows.map(used<Cell>), { columns: options.writer.columns });
}

function tableRow(attempt: AttemptResult, labels: Labels, { painter, verbose, showFolder, cwd }: Layout): Cell[] {
  const { outcome, remoteDir, rescue, steps } = attempt;
  const label = labels.get(attempt.instanceId) as string;
  const detail = [
    outcomeDetail(outcome),
    ...attempt.evidence,
    rescue === null ? '' : `rescued ${formatBytes(rescue.bytes)} in ${showPath(rescue.path, cwd)}`,
    showFolder && remoteDir !== null ? `files in ${remoteDir}` : '',
    verbose ? describeSteps(steps) : '',
  ];
  return [
    `${outcomeSymbol(outcome.kind)} ${label}`,
    label.includes(attempt.address) ? '' : attempt.address,
    { text: outcomeWord(outcome.kind), paint: outcomePaint(outcome.kind, painter) },
    steps.length === 0 ? '' : formatDuration(attemptMs(attempt)),
    detail.filter((line) => line !== '').join('\n'),
  ];
}

/** An end of an output, and whose it is. */
interface Tail {
  readonly stream: 'stdout' | 'stderr';
  readonly lines: readonly string[];
  readonly attempts: AttemptResult[];
}

function tailsOf({ attempts }: RunResult, labels: Labels, options: SummaryOptions): string[] {
  const trouble = attempts.filter((attempt) => isTrouble(attempt.outcome.kind));
  const showSucceeded = options.showOutput && trouble.length === 0 && attempts.length <= MAX_SHOWN_SUCCEEDED;
  const tails = groupTails(showSucceeded ? attempts : trouble);
  const shown = tails.slice(0, MAX_TAILS).map((tail) => formatTail(tail, labels, options));
  const hidden = tails.slice(MAX_TAILS).reduce((sum, tail) => sum + tail.attempts.length, 0);
  return hidden === 0 ? shown : [...shown, `… the output of ${plural(hidden, 'more instance')} is in the logs.\n`];
}

/** Equal ends are shown once. */
function groupTails(attempts: readonly AttemptResult[]): Tail[] {
  const groups = new Map<string, Tail>();
  for (const attempt of attempts) {
    const stream = tailStream(attempt);
    const lines = lastLines(attempt[stream]);
    if (lines.length === 0) continue;
    const key = [stream, ...lines].join('\n');
    const group = groups.get(key) ?? { stream, lines, attempts: [] };
    group.attempts.push(attempt);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What went wrong is on stderr, if anything is there; what went well is on stdout. */
function tailStream(attempt: AttemptResult): 'stdout' | 'stderr' {
  const [first, second] = isSuccess(attempt) ? (['stdout', 'stderr'] as const) : (['stderr', 'stdout'] as const);
  return attempt[first].bytes > 0 ? first : second;
}

function lastLines({ tail }: OutputFile): string[] {
  const lines = tail.replace(/\n$/, '').split('\n');
  return tail.trim() === '' ? [] : lines.slice(-TAIL_LINES).map(cutLine);
}

function cutLine(line: string): string {
  return line.length > TAIL_LINE_CHARS ? `${line.slice(0, TAIL_LINE_CHARS)}…` : line;
}

function formatTail(tail: Tail, labels: Labels, { painter, cwd }: SummaryOptions): string {
  const names = tail.attempts.map((attempt) => labels.get(attempt.instanceId) as string);
  const more = names.length - MAX_HEADING_LABELS;
  const who = names.slice(0, MAX_HEADING_LABELS).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const body = tail.lines.map((line) => `  | ${harmless(line.replace(/\r$/, ''))}\n`).join('');
  return `${painter.bold(who)}, ${tail.stream}:\n${moreOf(tail, cwd)}${body}`;
}

/** How much comes before the lines shown, and where it is. */
function moreOf({ attempts, stream, lines }: Tail, cwd: string): string {
  const files = attempts.map((attempt) => attempt[stream]);
  const longest = files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const hiddenBytes = longest.bytes - Buffer.byteLength(lines.join('\n')) - (longest.tail.endsWith('\n') ? 1 : 0);
  if (hiddenBytes <= 0 || longest.path === null) return '';
  const upTo = files.length === 1 ? '' : 'up to ';
  const where = files.length === 1 ? longest.path : dirname(longest.path);
  return `  … ${upTo}${formatBytes(hiddenBytes)} more in ${showPath(where, cwd)}\n`;
}

function closing(result: RunResult, { painter, cwd, goal, payloadBytes }: Layout): string {
  const { counts, attempts, running, durationMs } = result;
  const total = plural(attempts.length + running.length, 'instance');
  const ended = countWords(
    counts,
    OUTCOME_KINDS.filter((kind) => kind !== 'succeeded'),
  );
  const others = [...ended, ...(running.length === 0 ? [] : [`${running.length} left running`])].join(', ');
  const sentence = `${counts.succeeded} of ${total} ${goal} in ${formatDuration(durationMs)}`;
  const paint = running.length === 0 && attempts.every(isSuccess) ? painter.good : painter.bold;
  const logs = attempts.map(({ stdout, stderr }) => stdout.path ?? stderr.path).find((path) => path !== null) ?? null;
  const where = logs === null ? '' : painter.dim(`Output: ${showPath(dirname(logs), cwd)}`) + '\n';
  return `${paint(others === '' ? `${sentence}.` : `${sentence}; ${others}.`)}\n${savedBytes(result, payloadBytes)}${where}`;
}

/** Said only where less was sent than there is: the rest was on the instances. */
function savedBytes({ attempts }: RunResult, payloadBytes: number): string {
  const sent = attempts.flatMap(({ outcome, steps }) => {
    const upload = steps.find(({ name }) => name === 'upload');
    return upload === undefined || outcome.kind === 'rejected' ? [] : [upload.bytes];
  });
  const parts = sent.filter((bytes) => bytes > 0 && bytes < payloadBytes);
  if (parts.length === 0) return '';
  const sum = sent.reduce((total, bytes) => total + bytes, 0);
  return `Sent ${formatBytes(sum)} of ${formatBytes(sent.length * payloadBytes)}; the rest was there.\n`;
}

function isSuccess(attempt: AttemptResult): boolean {
  return attempt.outcome.kind === 'succeeded';
}

function showPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
}
