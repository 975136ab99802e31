import type { AttemptResult } from '../../model/attempt.ts';
import { plural } from '../../util/format.ts';
import type { Cluster } from '../clusters.ts';
import { isTrouble } from '../words.ts';
import type { ClusterLook } from './clusters.ts';
import { namesOf } from './names.ts';
import { formatTail, type Tail, tailOf } from './tail.ts';

/** The output of succeeded instances is shown up to this number of them. */
const MAX_SHOWN_SUCCEEDED = 5;
/** Different outputs that are shown; the logs have them all. */
const MAX_TAILS = 5;
const TAIL_LINES = 10;

/** Of few instances: the end of what each said that went wrong, or of all where all went well; what is alike once. */
export function tailBlocks(clusters: readonly Cluster[], showOutput: boolean, look: ClusterLook): string[] {
  const trouble = clusters.filter(({ kind }) => isTrouble(kind));
  const attempts = clusters.flatMap(({ members }) => members);
  const showSucceeded = showOutput && trouble.length === 0 && attempts.length <= MAX_SHOWN_SUCCEEDED;
  const groups = showSucceeded ? clusters.flatMap(apart) : trouble;
  const told = groups.filter(({ sample }) => tailOf(sample, TAIL_LINES).lines.length > 0);
  const hidden = told.slice(MAX_TAILS).reduce((sum, { members }) => sum + members.length, 0);
  const shown = told.slice(0, MAX_TAILS).map((cluster) => tailBlock(cluster, look));
  return hidden === 0 ? shown : [...shown, `… the output of ${plural(hidden, 'more instance')} is in the logs.\n`];
}

/** What went well is shown to be read: alike is not enough. */
function apart(cluster: Cluster): Cluster[] {
  return cluster.isExact ? [cluster] : cluster.members.map((sample) => ({ ...cluster, sample, members: [sample] }));
}

function tailBlock({ sample, members }: Cluster, { painter, words, verbose, cwd }: ClusterLook): string {
  const names = (attempts: readonly AttemptResult[]): string => namesOf(attempts, words, verbose);
  const tail = tailOf(sample, TAIL_LINES);
  const equal = members.filter((member) => isSameTail(tailOf(member, TAIL_LINES), tail));
  const others = members.filter((member) => !equal.includes(member));
  const alike = others.length === 0 ? '' : ` (much the same on ${names(others)})`;
  const longest = equal
    .map((member) => tailOf(member, TAIL_LINES))
    .reduce((a, b) => (b.hiddenBytes > a.hiddenBytes ? b : a));
  return `${painter.bold(names(equal))}, ${tail.stream}${alike}:\n${formatTail(longest, equal.length, cwd)}`;
}

function isSameTail(a: Tail, b: Tail): boolean {
  return (
    a.stream === b.stream && a.lines.length === b.lines.length && a.lines.every((line, at) => line === b.lines[at])
  );
}
