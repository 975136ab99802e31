import type { AttemptResult } from '../../model/attempt.ts';
import { formatBytes, plural } from '../../util/format.ts';
import type { Cluster } from '../clusters.ts';
import { INSTANCE } from '../headline.ts';
import type { Painter } from '../painter.ts';
import { cutToWidth, harmless } from '../text.ts';
import { isTrouble, outcomePaint, outcomeSymbol, outcomeWord } from '../words.ts';
import { namesOf, type Words } from './names.ts';
import { formatTail, NO_TAIL, type Tail, tailOf } from './tail.ts';
import { wrapParts } from './wrap.ts';

export interface ClusterLook {
  readonly painter: Painter;
  readonly columns: number | undefined;
  readonly words: Words;
  /** name every instance, however many there are */
  readonly verbose: boolean;
  readonly cwd: string;
}

/** Ways to fail that are shown; `spot show` has the rest. */
const MAX_SHOWN = 8;
/** Of the one line that counts them. */
const MAX_COUNTED = 5;
const MAX_COUNTED_COLUMNS = 60;
const SAMPLE_LINES = 5;
/** Different outputs of successes that are told of. */
const MAX_OUTPUTS = 3;

/** Ours goes on with what to do, apt's with who is to blame. */
const SENTENCE_END = /; |\. (?=[A-Z])/;
/** What the system says, behind the names of a program and a file. */
const REASON =
  /: ((?:No such|No space|Permission denied|Operation not|Connection (?:refused|reset|timed)|Read-only|Disk quota|command not found|Cannot allocate|Text file busy|Too many open|Input\/output|Name or service)[^:]*)$/;

/** `97 ok · 2 E: Could not get lock /var/lib/dpkg/lock · 1 No space left on device`. */
export function countsLine(clusters: readonly Cluster[], { painter, columns }: ClusterLook): string {
  const succeeded = sizeOf(clusters.filter(({ kind }) => kind === 'succeeded'));
  const others = clusters.filter(({ kind }) => kind !== 'succeeded');
  const rest = others.slice(MAX_COUNTED);
  const parts = [
    ...(succeeded === 0 ? [] : [painter.good(`${succeeded} ok`)]),
    ...others.slice(0, MAX_COUNTED).map((cluster) => {
      const text = `${cluster.members.length} ${briefOf(cluster)}`;
      return outcomePaint(cluster.kind, painter)(cutToWidth(text, MAX_COUNTED_COLUMNS));
    }),
    ...(rest.length === 0 ? [] : [`${sizeOf(rest)} in ${plural(rest.length, 'more way')}`]),
  ];
  return wrapParts(parts, columns);
}

/** The part of a headline that is told in passing: `No space left on device`, `refused the connection`. */
function briefOf({ headline, kind }: Cluster): string {
  const [sentence = ''] = headline.replace(`${INSTANCE} `, '').split(SENTENCE_END);
  const reason = REASON.exec(sentence)?.[1] ?? sentence;
  return reason === '' ? outcomeWord(kind) : reason;
}

/** Each way in which something went wrong, with a sample. */
export function troubleBlocks(clusters: readonly Cluster[], look: ClusterLook): string[] {
  const trouble = clusters.filter(({ kind }) => kind !== 'succeeded');
  const rest = trouble.slice(MAX_SHOWN);
  const blocks = trouble.slice(0, MAX_SHOWN).map((cluster) => troubleBlock(cluster, look));
  if (rest.length === 0) return blocks;
  return [...blocks, `… and ${plural(sizeOf(rest), 'instance')} in ${plural(rest.length, 'more way')}.\n`];
}

function troubleBlock(cluster: Cluster, look: ClusterLook): string {
  const { kind, members, headline, sample } = cluster;
  const paint = outcomePaint(kind, look.painter);
  const count = `${outcomeSymbol(kind)} ${members.length} ${outcomeWord(kind)}${detailOf(sample)}`;
  const tail = isTrouble(kind) ? tailOf(sample, SAMPLE_LINES) : NO_TAIL;
  const isShown = tail.lines.some((line) => harmless(line) === headline);
  const isAll = isShown && tail.lines.length === 1 && tail.hiddenBytes === 0;
  const facts = [isShown && !isAll ? '' : headline, ...sample.evidence.map(harmless), rescueOf(members)];
  const heading = `${paint(count)}: ${namesOf(members, look.words, look.verbose)}\n`;
  const said = isAll || tail.lines.length === 0 ? '' : sampleOf(sample, tail, look);
  return [heading, ...facts.filter((fact) => fact !== '').map((fact) => `  ${fact}\n`), said].join('');
}

function sampleOf(sample: AttemptResult, tail: Tail, { words, cwd }: ClusterLook): string {
  return `  ${namesOf([sample], words, false)}, ${tail.stream}:\n${formatTail(tail, 1, cwd)}`;
}

function detailOf({ outcome }: AttemptResult): string {
  if (outcome.kind === 'failed') return ` (exit ${outcome.exitCode})`;
  return outcome.kind === 'killed' ? ` (${harmless(outcome.signal)})` : '';
}

function rescueOf(members: readonly AttemptResult[]): string {
  const rescued = members.flatMap(({ rescue }) => (rescue === null ? [] : [rescue.bytes]));
  const bytes = rescued.reduce((sum, each) => sum + each, 0);
  return rescued.length === 0 ? '' : `rescued ${formatBytes(bytes)} from ${plural(rescued.length, 'instance')}`;
}

/** Whether all said the same where all went well: `97 instances: same output`. */
export function outputLines(clusters: readonly Cluster[], showOutput: boolean, look: ClusterLook): string {
  const well = clusters.filter(({ kind, sample }) => kind === 'succeeded' && saidSomething(sample));
  const shown = well.slice(0, MAX_OUTPUTS).filter(({ members }) => members.length > 1);
  const rest = well.filter((cluster) => !shown.includes(cluster));
  const lines = shown.map((cluster, index) => {
    const names = index === 0 ? '' : ` (${namesOf(cluster.members, look.words, look.verbose)})`;
    const tail = showOutput ? formatTail(tailOf(cluster.sample, SAMPLE_LINES), 1, look.cwd) : '';
    return `${plural(cluster.members.length, 'instance')}: ${sameness(cluster)}${names}\n${tail}`;
  });
  if (rest.length === 0) return lines.join('');
  const members = rest.flatMap((cluster) => cluster.members);
  const who = namesOf(members, look.words, look.verbose);
  const what = members.length === 1 ? 'an output of its own' : 'outputs of their own';
  return [...lines, `${plural(members.length, 'instance')}: ${what} (${who})\n`].join('');
}

function sameness({ isExact }: Cluster): string {
  return isExact ? 'same output' : 'much the same output';
}

function saidSomething({ stdout, stderr }: AttemptResult): boolean {
  return stdout.bytes + stderr.bytes > 0;
}

function sizeOf(clusters: readonly Cluster[]): number {
  return clusters.reduce((sum, { members }) => sum + members.length, 0);
}
