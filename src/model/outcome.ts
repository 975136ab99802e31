import type { Problem } from './errors.ts';
import { ExitCode } from './exit-code.ts';

/**
 * The parts of an attempt, in the order in which they happen. With --wait-ready three of them come before the upload:
 * `boot` waits for cloud-init, `locks` for package managers, `disk` looks for room.
 */
export const STEPS = ['connect', 'boot', 'locks', 'disk', 'upload', 'execute', 'collect', 'clean-up'] as const;

export type Step = (typeof STEPS)[number];

/** Whether something of the attempt is on the instance once this step has begun. */
export function leavesTraces(step: Step): boolean {
  return STEPS.indexOf(step) >= STEPS.indexOf('upload');
}

/** How an attempt ended: exactly one for every instance of a run. */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly step: Step; readonly error: Problem }
  | { readonly kind: 'unreachable'; readonly error: Problem }
  | { readonly kind: 'rejected'; readonly error: Problem }
  | { readonly kind: 'lost'; readonly step: Step; readonly error: Problem }
  | { readonly kind: 'reclaimed'; readonly error: Problem }
  | { readonly kind: 'cancelled'; readonly error: Problem }
  | { readonly kind: 'skipped'; readonly reason: string };

export type OutcomeKind = Outcome['kind'];

export const OUTCOME_KINDS = [
  'succeeded',
  'failed',
  'killed',
  'timed-out',
  'unreachable',
  'rejected',
  'lost',
  'reclaimed',
  'cancelled',
  'skipped',
] as const satisfies readonly OutcomeKind[];

const EXIT_BIT: Record<OutcomeKind, number> = {
  succeeded: ExitCode.ok,
  failed: ExitCode.failed,
  killed: ExitCode.failed,
  'timed-out': ExitCode.failed,
  unreachable: ExitCode.unreachable,
  rejected: ExitCode.unreachable,
  lost: ExitCode.unreachable,
  reclaimed: ExitCode.reclaimed,
  cancelled: ExitCode.failed,
  skipped: ExitCode.ok,
};

/** The exit code of a run: the bits of its outcomes, combined. */
export function exitCodeOf(kinds: Iterable<OutcomeKind>): number {
  let bits: number = ExitCode.ok;
  for (const kind of kinds) bits |= EXIT_BIT[kind];
  return bits;
}

/** How often each outcome occurs; every kind is present, with 0 where it does not. */
export type OutcomeCounts = Record<OutcomeKind, number>;

export function countOutcomes(kinds: Iterable<OutcomeKind>): OutcomeCounts {
  const counts = Object.fromEntries(OUTCOME_KINDS.map((kind) => [kind, 0])) as OutcomeCounts;
  for (const kind of kinds) counts[kind] += 1;
  return counts;
}

/** The problem an outcome carries, if its kind has one. */
export function problemOf(outcome: Outcome): Problem | null {
  return 'error' in outcome ? outcome.error : null;
}
