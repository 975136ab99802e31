import { OUTCOME_KINDS, type OutcomeKind, type Step } from '../model/outcome.ts';
import { outcomeWord, STEP_DOING } from '../report/words.ts';
import type { AttemptAnswer } from '../service/http/view-schemas.ts';
import { formatDuration } from '../util/format.ts';

/** What an attempt or an instance looks like: never by colour alone. */
export interface Look {
  /** names its colours in the style sheet, and groups what is counted */
  readonly key: LookKey;
  readonly symbol: string;
  readonly word: string;
}

export type LookKey = OutcomeKind | 'going' | 'waiting' | 'none';

const SYMBOLS: Readonly<Record<OutcomeKind, string>> = {
  succeeded: '✓',
  failed: '✗',
  killed: 'K',
  'timed-out': 'T',
  unreachable: 'U',
  rejected: 'R',
  lost: '?',
  reclaimed: '!',
  cancelled: 'C',
  skipped: '–',
};

const STEP_SYMBOLS: Partial<Record<Step, string>> = { upload: '↑', execute: '▸', collect: '↓' };

export const NOTHING_YET: Look = { key: 'none', symbol: '', word: 'nothing yet' };
const WAITING: Look = { key: 'waiting', symbol: '·', word: 'waiting' };

export function lookOfOutcome(kind: OutcomeKind): Look {
  return { key: kind, symbol: SYMBOLS[kind], word: outcomeWord(kind) };
}

/** Of an attempt that goes on, by its step; null: it has not begun. */
export function lookOfStep(step: Step | null): Look {
  if (step === null) return WAITING;
  return { key: 'going', symbol: STEP_SYMBOLS[step] ?? '◦', word: STEP_DOING[step] };
}

export function lookOfAttempt({ outcome, step }: Pick<AttemptAnswer, 'outcome' | 'step'>): Look {
  return outcome === null ? lookOfStep(step) : lookOfOutcome(outcome);
}

/** In the order in which they are counted: what deserves the eye first. */
const ORDER: readonly LookKey[] = [
  ...OUTCOME_KINDS.filter((kind) => kind !== 'succeeded' && kind !== 'skipped'),
  'going',
  'waiting',
  'succeeded',
  'skipped',
  'none',
];

export function rankOf(key: LookKey): number {
  return ORDER.indexOf(key);
}

/** Looks with how often each occurs; those of attempts that go on are put together. */
export function countLooks(looks: Iterable<Look>): { readonly look: Look; readonly count: number }[] {
  const counts = new Map<LookKey, { look: Look; count: number }>();
  for (const look of looks) {
    const shown = look.key === 'going' ? { ...look, symbol: '▸', word: 'under way' } : look;
    const found = counts.get(look.key) ?? { look: shown, count: 0 };
    found.count += 1;
    counts.set(look.key, found);
  }
  return [...counts.values()].sort((a, b) => rankOf(a.look.key) - rankOf(b.look.key));
}

/** `exit 3`, `SIGKILL`, or the first sentence of what is wrong; '' where the word says it all. */
export function detailOf({ outcome, exit_code, signal, reason, error }: AttemptAnswer): string {
  if (outcome === 'failed') return `exit ${exit_code ?? '?'}`;
  if (outcome === 'killed') return signal ?? '';
  return reason ?? error?.message ?? '';
}

/** ms; of one that goes on until now; null: it has not begun. */
export function durationOf({ started_at, finished_at }: AttemptAnswer, now: number): number | null {
  if (started_at === null) return null;
  return Math.max(0, (finished_at === null ? now : Date.parse(finished_at)) - Date.parse(started_at));
}

export function durationWords(attempt: AttemptAnswer, now: number): string {
  const ms = durationOf(attempt, now);
  return ms === null ? '' : formatDuration(ms);
}
