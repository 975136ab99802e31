import { isAbsolute, join, relative } from 'node:path';
import { inputError } from '../../model/errors.ts';
import { describeFinding, type Finding, worstFirst } from '../../payload/checks/finding.ts';
import { harmless } from '../../report/text.ts';
import { firstFew } from '../../util/first-few.ts';
import { groupBy } from '../../util/group-by.ts';
import type { Io } from '../io.ts';

export interface CheckOptions {
  /** false for --no-check */
  readonly check?: boolean;
}

/** Findings of one kind that are shown one by one. */
const SHOWN_OF_A_KIND = 3;

/** A path below a folder as a user would write it from here. */
export function shownFrom(cwd: string, folder: string): (path: string) => string {
  return (path) => {
    const whole = join(folder, path);
    const short = relative(cwd, isAbsolute(whole) ? whole : join(cwd, whole));
    return short === '' || short.startsWith('..') ? whole : short;
  };
}

/** One line for each, worst first; of many of a kind the first ones, and how many more there are. */
export function foldFindings(
  findings: readonly Finding[],
): { readonly level: Finding['level']; readonly text: string }[] {
  const kinds = groupBy(worstFirst(findings), ({ level, code }) => `${level} ${code}`);
  return [...kinds.values()].flatMap((kind) => {
    const shown = firstFew(kind, SHOWN_OF_A_KIND);
    const lines = shown.map((finding) => ({ level: finding.level, text: harmless(describeFinding(finding)) }));
    const more = kind.length - shown.length;
    const [first] = kind as [Finding];
    return more === 0 ? lines : [...lines, { level: first.level, text: `… and ${more} more of this kind` }];
  });
}

/**
 * Before a run: warnings are said, and what is sure to fail is not begun.
 * @throws SpotError `script-unsound` (exit 66) for an error, unless --no-check was given
 */
export function requireSound(findings: readonly Finding[], { check = true }: CheckOptions, io: Io): void {
  const relevant = findings.filter(({ level }) => level !== 'note');
  const said = check ? relevant.filter(({ level }) => level === 'warning') : relevant;
  for (const { text } of foldFindings(said)) io.stderr.write(`spot: warning: ${text}\n`);
  const error = relevant.find(({ level }) => level === 'error');
  if (!check || error === undefined) return;
  throw inputError(
    'script-unsound',
    `${harmless(describeFinding(error))}; nothing was begun: mend it, or run it as it is with --no-check`,
  );
}
