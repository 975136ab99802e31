import type { AttemptResult, StepTiming } from '../model/attempt.ts';
import type { RunEvent } from '../model/event.ts';
import type { InterruptionNotice } from '../model/fate.ts';
import type { Outcome, OutcomeCounts, OutcomeKind, Step } from '../model/outcome.ts';
import { OUTCOME_KINDS } from '../model/outcome.ts';
import type { StragglerAction } from '../model/plan.ts';
import { formatBytes, formatDuration } from '../util/format.ts';
import type { Paint, Painter } from './painter.ts';
import { harmless } from './text.ts';

/** What an instance does while a step goes on. */
export const STEP_DOING: Record<Step, string> = {
  connect: 'connecting',
  boot: 'booting',
  locks: 'lock check',
  disk: 'disk check',
  upload: 'uploading',
  execute: 'executing',
  collect: 'collecting',
  'clean-up': 'cleaning up',
};

interface Look {
  readonly word: string;
  readonly symbol: string;
  readonly color: keyof Painter;
}

const LOOKS: Record<OutcomeKind, Look> = {
  succeeded: { word: 'succeeded', symbol: '✓', color: 'good' },
  failed: { word: 'failed', symbol: '✗', color: 'bad' },
  killed: { word: 'killed', symbol: '✗', color: 'bad' },
  'timed-out': { word: 'timed out', symbol: '✗', color: 'bad' },
  unreachable: { word: 'unreachable', symbol: '✗', color: 'bad' },
  rejected: { word: 'rejected', symbol: '✗', color: 'bad' },
  lost: { word: 'lost', symbol: '✗', color: 'bad' },
  reclaimed: { word: 'reclaimed', symbol: '!', color: 'warn' },
  cancelled: { word: 'cancelled', symbol: '!', color: 'warn' },
  skipped: { word: 'skipped', symbol: '-', color: 'dim' },
};

export function outcomeWord(kind: OutcomeKind): string {
  return LOOKS[kind].word;
}

export function outcomeSymbol(kind: OutcomeKind): string {
  return LOOKS[kind].symbol;
}

export function outcomePaint(kind: OutcomeKind, painter: Painter): Paint {
  return painter[LOOKS[kind].color];
}

/** Whether someone should look at it. */
export function isTrouble(kind: OutcomeKind): boolean {
  return kind !== 'succeeded' && kind !== 'skipped';
}

/** `exit 3`, `SIGKILL`, a sentence, or nothing where the word says it all. */
export function outcomeDetail(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'succeeded':
      return '';
    case 'failed':
      return `exit ${outcome.exitCode}`;
    case 'killed':
      return harmless(outcome.signal);
    case 'skipped':
      return harmless(outcome.reason);
    default:
      return harmless(outcome.error.message);
  }
}

/** `succeeded`, `failed: exit 3`, `unreachable: 10.0.0.7 refused the connection …`. */
export function describeOutcome(outcome: Outcome): string {
  const detail = outcomeDetail(outcome);
  return detail === '' ? outcomeWord(outcome.kind) : `${outcomeWord(outcome.kind)}: ${detail}`;
}

/** `interruption notice: terminate at 12:03:04 UTC (1m58s left)`. @param now ms since the epoch */
export function interruptionWords({ action, at }: InterruptionNotice, now: number): string {
  const leftMs = Math.max(0, Date.parse(at) - now);
  return `interruption notice: ${action} at ${at.slice(11, 19)} UTC (${formatDuration(leftMs)} left)`;
}

export type StragglerEvent = Extract<RunEvent, { type: 'straggler' }>;

const STRAGGLER_DONE: Record<StragglerAction, string> = {
  report: '',
  detach: ' and is left running',
  stop: ' and is stopped',
};

/** `straggler: runs for 31 s, the median is 8.2 s; last output 29 s ago: Get:1 http://…`. */
export function stragglerWords({ elapsedMs, medianMs, action, lastLine, silentMs }: StragglerEvent): string {
  const front = `straggler: runs for ${formatDuration(elapsedMs)}${STRAGGLER_DONE[action]}`;
  const said = silentMs === null ? 'no output' : `last output ${formatDuration(silentMs)} ago: ${harmless(lastLine)}`;
  return `${front}, the median is ${formatDuration(medianMs)}; ${said}`;
}

/** `wave 2 of 3`. */
export function waveWords({ wave, waves }: { readonly wave: number; readonly waves: number }): string {
  return `wave ${wave} of ${waves}`;
}

/** `['2 failed', '1 timed out']` of the kinds that occur. */
export function countWords(counts: OutcomeCounts, kinds: readonly OutcomeKind[] = OUTCOME_KINDS): string[] {
  return kinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${outcomeWord(kind)}`);
}

/** How long an attempt took in all its steps, ms. */
export function attemptMs(result: AttemptResult): number {
  return result.steps.reduce((sum, step) => sum + step.ms, 0);
}

/** `connect 85 ms, upload 300 ms (110 KB), execute 3.1 s`. */
export function describeSteps(steps: readonly StepTiming[]): string {
  return steps.map(describeStep).join(', ');
}

function describeStep({ name, ms, bytes }: StepTiming): string {
  const time = `${name} ${formatDuration(ms)}`;
  return bytes === 0 ? time : `${time} (${formatBytes(bytes)})`;
}
