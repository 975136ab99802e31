import { answerLines } from './answer.ts';

/** What an instance says of itself; words may hold anything. */
export interface Survey {
  /** seconds since the epoch, by its own clock */
  readonly clockSeconds: number;
  /** paths; '' where it does not tell */
  readonly loginShell: string;
  readonly sh: string;
  readonly bash: string | null;
  /** programs that a run needs and that are not there */
  readonly lacks: readonly string[];
  /** what tar says of itself */
  readonly tar: string;
  readonly tmp: {
    readonly isWritable: boolean;
    readonly isSticky: boolean;
    /** of its mount, e.g. `noexec` */
    readonly options: readonly string[];
    readonly freeBytes: number | null;
    readonly freeInodes: number | null;
  };
  readonly homeFreeBytes: number | null;
  /** sudo works without a password */
  readonly sudo: boolean;
}

/** @throws Error where it is no complete answer */
export function readSurvey(output: string, nonce: string): Survey {
  const lines = answerLines(output, nonce);
  const has = (word: string): boolean => lines.some(([first]) => first === word);
  const textOf = (word: string): string =>
    lines
      .find(([first]) => first === word)
      ?.slice(1)
      .join(' ') ?? '';
  return {
    clockSeconds: Number(textOf('clock')),
    loginShell: textOf('login'),
    sh: textOf('sh'),
    bash: textOf('bash') || null,
    lacks: lines.flatMap(([word, name = '']) => (word === 'lacks' ? [name] : [])),
    tar: textOf('tar'),
    tmp: {
      isWritable: has('writable'),
      isSticky: has('sticky'),
      options: textOf('options').split(','),
      freeBytes: freeIn(lines, 'tmp'),
      freeInodes: numberOf(textOf('inodes')),
    },
    homeFreeBytes: freeIn(lines, 'home'),
    sudo: has('sudo'),
  };
}

function freeIn(lines: readonly (readonly string[])[], place: string): number | null {
  const kilobytes = numberOf(lines.find(([word, name]) => word === 'free' && name === place)?.[2]);
  return kilobytes === null ? null : kilobytes * 1024;
}

/** Some file systems have no inodes to count, and say `-`. */
function numberOf(word: string | undefined): number | null {
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : null;
}
