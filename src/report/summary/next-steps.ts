import type { AttemptResult } from '../../model/attempt.ts';
import type { OutcomeKind } from '../../model/outcome.ts';
import { shellCommand } from '../../util/shell-quote.ts';
import type { Cluster } from '../clusters.ts';
import { isTrouble } from '../words.ts';
import type { Words } from './names.ts';
import { tailOf } from './tail.ts';

/** How the commands that come next are to be typed. */
export interface NextWords {
  /** what stands for the run: `last`, or its id where a newer one has begun */
  readonly run: string;
  /** flags that every command needs: `--state-dir DIR` */
  readonly flags: readonly string[];
}

export interface NextQuestion extends NextWords {
  readonly clusters: readonly Cluster[];
  readonly words: Words;
  /** names of the variables that have to be given again */
  readonly environment: readonly string[];
}

/** The flag of `spot rerun` for an outcome. */
const RERUN_FLAG: Partial<Record<OutcomeKind, string>> = {
  failed: '--failed',
  killed: '--failed',
  'timed-out': '--failed',
  cancelled: '--failed',
  unreachable: '--unreachable',
  rejected: '--unreachable',
};

/** What to type next where something went wrong, or not all said the same: each is a whole command line. */
export function nextSteps({ clusters, words, run, flags, environment }: NextQuestion): string[] {
  const trouble = clusters.filter(({ kind }) => isTrouble(kind));
  const again = [...new Set(trouble.flatMap(({ kind }) => RERUN_FLAG[kind] ?? []))];
  const env = environment.flatMap((name) => ['--env', name]);
  const told = trouble.map(({ sample }) => sample).find(({ stdout, stderr }) => stdout.bytes + stderr.bytes > 0);
  const argvs = [
    ...(again.length === 0 ? [] : [['rerun', run, ...again, ...env]]),
    ...(told === undefined ? [] : [logsOf(told, run, words)]),
    ...(differ(clusters) ? [['diff', run]] : []),
  ];
  return argvs.map((argv) => shellCommand(['spot', ...argv, ...flags]));
}

function logsOf(attempt: AttemptResult, run: string, words: Words): string[] {
  const word = words.get(attempt.instanceId) ?? attempt.instanceId;
  return ['logs', run, word, ...(tailOf(attempt, 1).stream === 'stderr' ? ['--stderr'] : [])];
}

/** There is something to compare, and it is not all the same. */
function differ(clusters: readonly Cluster[]): boolean {
  const compared = clusters.filter(({ members }) => members.some(hasRun));
  const count = compared.reduce((sum, { members }) => sum + members.filter(hasRun).length, 0);
  return count > 1 && (compared.length > 1 || compared.some(({ isExact }) => !isExact));
}

function hasRun({ steps }: AttemptResult): boolean {
  return steps.some(({ name }) => name === 'execute');
}
