/** Something that may stand at the cursor. */
export interface Candidate {
  readonly value: string;
  /** a few words about it, or empty */
  readonly about: string;
}

/** What is offered, and what the shell itself shall offer. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** names of files or folders, too */
  readonly also: 'none' | 'files' | 'folders';
  /** in this order, not sorted */
  readonly isOrdered: boolean;
}

export const NOTHING: Offer = { candidates: [], also: 'none', isOrdered: false };
