import { dirname } from 'node:path';
import type { AttemptResult, RunResult } from '../../model/attempt.ts';
import type { RunEvent } from '../../model/event.ts';
import { OUTCOME_KINDS } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { formatBytes, formatDuration, plural } from '../../util/format.ts';
import { type Cluster, clusterAttempts, type OutputDigests } from '../clusters.ts';
import { outputDigests } from '../output-digests.ts';
import type { Painter } from '../painter.ts';
import type { Report } from '../report.ts';
import { harmless } from '../text.ts';
import { countWords, isTrouble } from '../words.ts';
import type { Writer } from '../writer.ts';
import { type ClusterLook, countsLine, outputLines, troubleBlocks } from './clusters.ts';
import { wordsOf } from './names.ts';
import { nextSteps, type NextWords } from './next-steps.ts';
import { slowestLine } from './slowest.ts';
import { attemptTable } from './table.ts';
import { showPath } from './tail.ts';
import { tailBlocks } from './tails.ts';
import { wrapParts } from './wrap.ts';

export interface SummaryOptions {
  readonly writer: Writer;
  readonly painter: Painter;
  /** show the end of the output of what succeeded too: where nothing has printed it before */
  readonly showOutput: boolean;
  /** say how long each step took, and name every instance */
  readonly verbose: boolean;
  /** absolute; paths below it are shown relative to it */
  readonly cwd: string;
  /** how commands about this run are typed, as it is when the run is over; null where no command can tell of it */
  readonly next?: () => NextWords | null;
}

/** The closing table or what its rows have in common, the end of the output that matters, one sentence, and what comes next. */
export function createSummary(options: SummaryOptions): Report {
  let result: RunResult | null = null;
  let plan: Plan | null = null;
  let onlyWaits = false;
  return {
    emit(event: RunEvent) {
      if (event.type === 'run-started') {
        plan = event.plan;
        onlyWaits = event.onlyWaits === true;
      }
      if (event.type === 'run-finished') result = event.result;
    },
    async close() {
      if (result === null) return;
      const digests = await outputDigests(result.attempts);
      options.writer.write(formatSummary({ ...options, result, plan, onlyWaits, digests }));
    },
  };
}

interface Ending extends SummaryOptions {
  readonly result: RunResult;
  /** null where its beginning was not seen */
  readonly plan: Plan | null;
  /** nothing was sent, and nothing is on record */
  readonly onlyWaits: boolean;
  readonly digests: OutputDigests;
}

/** Up to this number of instances each has its row, whatever became of it. */
const MAX_MIXED_TABLE = 10;
/** The same where all of them succeeded. */
const MAX_FULL_TABLE = 30;

function formatSummary(ending: Ending): string {
  const { result, painter, writer, verbose, cwd } = ending;
  const clusters = clusterAttempts(result.attempts, ending.digests);
  const look = { painter, columns: writer.columns, words: wordsOf(result.attempts), verbose, cwd };
  const parts = [tableOf(ending), ...saidParts(clusters, ending, look), closing(clusters, ending, look)];
  return parts
    .filter((part) => part !== '')
    .map((part) => `\n${part}`)
    .join('');
}

function tableOf({ result: { attempts }, plan, verbose, painter, writer, cwd }: Ending): string {
  const isShort = attempts.length <= (attempts.every(isSuccess) ? MAX_FULL_TABLE : MAX_MIXED_TABLE);
  if (attempts.length === 0 || !(isShort || verbose)) return '';
  return attemptTable(attempts, {
    painter,
    columns: writer.columns,
    verbose,
    showFolder: plan?.mode === 'copy',
    cwd,
  });
}

function saidParts(clusters: readonly Cluster[], ending: Ending, look: ClusterLook): string[] {
  const { result, showOutput } = ending;
  if (isFew(result.attempts)) return tailBlocks(clusters, showOutput, look);
  const outputs = outputLines(clusters, showOutput, look);
  if (result.attempts.every(isSuccess)) return [outputs];
  return [...troubleBlocks(clusters, look), outputs];
}

/** What a small terminal still shows in the end. */
function closing(clusters: readonly Cluster[], ending: Ending, look: ClusterLook): string {
  const { result, painter, plan, cwd } = ending;
  const isCounted = !isFew(result.attempts) && !result.attempts.every(isSuccess);
  const logs =
    result.attempts.map(({ stdout, stderr }) => stdout.path ?? stderr.path).find((path) => path !== null) ?? null;
  return [
    isCounted ? countsLine(clusters, look) : '',
    slowestLine(result.attempts, look.words),
    sentenceOf(ending),
    savedBytes(result, plan?.payload.sizeBytes ?? 0),
    logs === null ? '' : `${painter.dim(`Output: ${showPath(dirname(logs), cwd)}`)}\n`,
    nextLine(clusters, ending, look.words),
  ].join('');
}

function sentenceOf({ result: { counts, attempts, running, durationMs }, painter, onlyWaits }: Ending): string {
  const total = plural(attempts.length + running.length, 'instance');
  const ended = countWords(
    counts,
    OUTCOME_KINDS.filter((kind) => kind !== 'succeeded'),
  );
  const others = [...ended, ...(running.length === 0 ? [] : [`${running.length} left running`])].join(', ');
  const goal = onlyWaits ? 'ready' : 'succeeded';
  const sentence = `${counts.succeeded} of ${total} ${goal} in ${formatDuration(durationMs)}`;
  const paint = running.length === 0 && attempts.every(isSuccess) ? painter.good : painter.bold;
  return `${paint(others === '' ? `${sentence}.` : `${sentence}; ${others}.`)}\n`;
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

/** Nothing where all is well and there is nobody to look for. */
function nextLine(clusters: readonly Cluster[], ending: Ending, words: ClusterLook['words']): string {
  const { result, plan, onlyWaits, writer, next = () => null } = ending;
  const isWell = !clusters.some(({ kind }) => isTrouble(kind));
  const typed = onlyWaits || (isWell && isFew(result.attempts)) ? null : next();
  if (typed === null) return '';
  const given = plan?.payload.manifest.environment ?? [];
  const environment = (plan?.environment ?? []).filter((name) => !given.some((entry) => entry.startsWith(`${name}=`)));
  const steps = nextSteps({ ...typed, clusters, words, environment }).map(harmless);
  const [first, ...rest] = steps;
  return first === undefined ? '' : wrapParts([`next: ${first}`, ...rest], writer.columns, '      ');
}

function isSuccess({ outcome }: AttemptResult): boolean {
  return outcome.kind === 'succeeded';
}

function isFew(attempts: readonly AttemptResult[]): boolean {
  return attempts.length <= MAX_MIXED_TABLE;
}
