/** Something that is wrong with a payload, or probably is, or that one should know. */
export interface Finding {
  /** `error`: the script is sure to fail; `warning`: it probably will, or does more than was meant; `note`: it does not matter yet */
  readonly level: FindingLevel;
  /** stable, for programs */
  readonly code: string;
  /** what it is, and how to mend it; without the path and the line */
  readonly message: string;
  /** as a user would write it, or null where it is about no file */
  readonly path: string | null;
  /** from 1, or null where it is about no line */
  readonly line: number | null;
}

export const FINDING_LEVELS = ['error', 'warning', 'note'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

/** `deploy.sh:3: what is wrong`. */
export function describeFinding({ path, line, message }: Finding): string {
  return path === null ? message : `${path}${line === null ? '' : `:${line}`}: ${message}`;
}

/** Errors first, in the order of `FINDING_LEVELS`. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return FINDING_LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level));
}
