import type { DiffLine } from '../util/diff-lines.ts';

/** Lines around a difference that are shown, as diff -u does. */
const CONTEXT = 3;

/**
 * The hunks of a comparison in the form of `diff -u`. Lines carry their own line end; one that has none is marked.
 * @returns empty where nothing differs
 */
export function unifiedHunks(lines: readonly DiffLine[]): string {
  return hunksOf(lines)
    .map((hunk) => hunkText(lines, hunk))
    .join('');
}

/** From one place in the comparison up to another. */
type Hunk = readonly [begin: number, end: number];

/** Differences whose contexts touch are one hunk. */
function hunksOf(lines: readonly DiffLine[]): Hunk[] {
  const hunks: [number, number][] = [];
  lines.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    const [begin, end] = [Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && begin <= last[1]) last[1] = end;
    else hunks.push([begin, end]);
  });
  return hunks;
}

function hunkText(lines: readonly DiffLine[], [begin, end]: Hunk): string {
  const before = lines.slice(0, begin);
  const shown = lines.slice(begin, end);
  const range = (sign: '-' | '+'): string => {
    const isIn = (line: DiffLine): boolean => line.sign === ' ' || line.sign === sign;
    const [skipped, count] = [before.filter(isIn).length, shown.filter(isIn).length];
    // of nothing the line before it is named, as diff does
    return `${sign}${count === 0 ? skipped : skipped + 1}${count === 1 ? '' : `,${count}`}`;
  };
  const body = shown.map(({ sign, text }) =>
    text.endsWith('\n') ? `${sign}${text}` : `${sign}${text}\n\\ No newline at end of file\n`,
  );
  return `@@ ${range('-')} ${range('+')} @@\n${body.join('')}`;
}
