import type { AttemptResult, OutputFile } from '../model/attempt.ts';
import { OUTCOME_KINDS, type Outcome, type OutcomeKind } from '../model/outcome.ts';
import { byNumber } from '../util/by-number.ts';
import { groupBy } from '../util/group-by.ts';
import { createFingerprint, type Fingerprint } from './fingerprint.ts';
import { headlineOf, mostTelling } from './headline.ts';
import { withoutEscapes } from './text.ts';

/** Attempts that came to the same, but for what differs from one instance to the next. */
export interface Cluster {
  readonly kind: OutcomeKind;
  /** the line of the sample that says most; safe to show; '' where a script that succeeded said nothing */
  readonly headline: string;
  readonly sample: AttemptResult;
  /** by label, the sample first */
  readonly members: readonly AttemptResult[];
  /** all of them said the very same bytes */
  readonly isExact: boolean;
}

/** What identifies all that an attempt has said, by instance id, where that is not in its tails (`output-digests.ts`). */
export type OutputDigests = ReadonlyMap<string, string>;

/** Of an output that is longer than its tail the last lines are compared: where its tail begins depends on masked fields. */
const COMPARED_LINES = 10;

/**
 * Puts together what ended in the same way: failures by the line that says most, successes by what they said. The order
 * of the attempts does not matter, nor do addresses, ids, times and the like.
 * @returns the largest first
 */
export function clusterAttempts(attempts: readonly AttemptResult[], digests: OutputDigests = new Map()): Cluster[] {
  const fingerprint = createFingerprint(attempts);
  const groups = groupBy([...attempts].sort(byLabel), (attempt) => keyOf(attempt, fingerprint));
  const clusters = [...groups.values()].map((members) => clusterOf(members, digests));
  return clusters.sort((a, b) => b.members.length - a.members.length || byKind(a, b) || byLabel(a.sample, b.sample));
}

function clusterOf(members: readonly AttemptResult[], digests: OutputDigests): Cluster {
  const [sample] = members as readonly [AttemptResult];
  const said = new Set(members.map((member) => digests.get(member.instanceId) ?? wholeOf(member)));
  const isExact = members.length === 1 || (said.size === 1 && !said.has(null));
  return { kind: sample.outcome.kind, headline: headlineOf(sample), sample, members, isExact };
}

function keyOf(attempt: AttemptResult, fingerprint: Fingerprint): string {
  const { outcome } = attempt;
  const said = outcome.kind === 'succeeded' ? outputOf(attempt, fingerprint) : [fingerprint(mostTelling(attempt))];
  return [outcome.kind, detailOf(outcome), ...said].join('\0');
}

/** What else tells failures apart. */
function detailOf(outcome: Outcome): string {
  if (outcome.kind === 'failed') return String(outcome.exitCode);
  if (outcome.kind === 'killed') return outcome.signal;
  return 'error' in outcome ? outcome.error.code : '';
}

function outputOf({ stdout, stderr }: AttemptResult, fingerprint: Fingerprint): string[] {
  return [stdout, stderr].map((file) => {
    const lines = withoutEscapes(file.tail).trimEnd().split('\n');
    return fingerprint((isWhole(file) ? lines : lines.slice(-COMPARED_LINES)).join('\n'));
  });
}

/** @returns null where the tails do not say it */
function wholeOf({ stdout, stderr }: AttemptResult): string | null {
  return isWhole(stdout) && isWhole(stderr) ? `${stdout.tail}\0${stderr.tail}` : null;
}

/** A tail is all of the output; of bytes that are no text nobody can say. */
export function isWhole({ bytes, tail }: OutputFile): boolean {
  return bytes === 0 || (!tail.includes('\uFFFD') && Buffer.byteLength(tail) === bytes);
}

function byLabel(a: AttemptResult, b: AttemptResult): number {
  const [one, other] = [a, b].map(({ name, instanceId }) => name ?? instanceId) as [string, string];
  return byNumber.compare(one, other) || compare(one, other) || compare(a.instanceId, b.instanceId);
}

function byKind(a: Cluster, b: Cluster): number {
  return OUTCOME_KINDS.indexOf(a.kind) - OUTCOME_KINDS.indexOf(b.kind);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
