import type { OutcomeKind } from '../model/outcome.ts';
import type { Finding } from '../remote/doctor.ts';

/** How long the owner of what this state file does not know may take to come back for it, ms. */
const FOREIGN_MS = 24 * 60 * 60 * 1000;

/** The attempt that made a folder, as far as this state file knows. */
export interface KnownAttempt {
  readonly runId: string;
  /** null: it is open */
  readonly outcome: OutcomeKind | null;
}

/** `leftover`: nobody will come for it; `live`: it is in use; `awaited`: somebody may come for it. */
export interface Diagnosis {
  readonly verdict: 'leftover' | 'live' | 'awaited';
  readonly words: string;
}

/** What a folder on an instance is, and whether it may go. */
export function diagnose({ state, ageMs }: Finding, known: KnownAttempt | null): Diagnosis {
  switch (state) {
    case 'running':
      return { verdict: 'live', words: 'a script runs in it' };
    case 'starting':
      return { verdict: 'live', words: 'an upload is under way' };
    case 'used':
      return { verdict: 'live', words: 'files that a process uses, of a run that nobody remembers' };
    case 'unused':
      return { verdict: 'leftover', words: 'files of a run that nobody remembers' };
    case 'unstarted':
      return { verdict: 'leftover', words: 'the script was never started' };
    case 'ended':
      return awaited(known, ageMs) ?? { verdict: 'leftover', words: 'the script has ended, and nobody came for it' };
    case 'dead':
      return awaited(known, ageMs) ?? { verdict: 'leftover', words: 'its supervisor was killed' };
  }
}

function awaited(known: KnownAttempt | null, ageMs: number): Diagnosis | null {
  if (known?.outcome === null) return { verdict: 'awaited', words: `not collected yet: spot attach ${known.runId}` };
  if (known !== null || ageMs > FOREIGN_MS) return null;
  return { verdict: 'awaited', words: 'of another client, which may come for it within a day' };
}
