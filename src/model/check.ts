/**
 * What one look came to: `well`, `doubtful` where it works and something should be known or will go wrong, `wrong` where it
 * has to be mended.
 */
export type Verdict = 'well' | 'doubtful' | 'wrong';

/** One thing that was looked at, here or on an instance. */
export interface Check {
  /** what was looked at, as people call it: `private key`; stable across releases */
  readonly name: string;
  readonly verdict: Verdict;
  /** words without a full stop; they may hold what an instance said */
  readonly found: string;
  /** what to do, or null where there is nothing to do */
  readonly advice: string | null;
  /** what equal problems have in common where `found` differs, such as the code of an error, or null: `found` itself */
  readonly kind: string | null;
}

export function well(name: string, found: string): Check {
  return { name, verdict: 'well', found, advice: null, kind: null };
}

export function doubtful(name: string, found: string, advice: string | null, kind: string | null = null): Check {
  return { name, verdict: 'doubtful', found, advice, kind };
}

export function wrong(name: string, found: string, advice: string | null, kind: string | null = null): Check {
  return { name, verdict: 'wrong', found, advice, kind };
}

/** A sentence of ours, `what is wrong; what to do`, as a check. */
export function wrongBy(name: string, message: string, kind: string | null = null): Check {
  const at = message.lastIndexOf('; ');
  return at === -1 ? wrong(name, message, null, kind) : wrong(name, message.slice(0, at), message.slice(at + 2), kind);
}
