/** One line of a comparison: in both, only in the first (`-`), or only in the second (`+`). */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * Beyond so many differing lines the shortest comparison is not looked for any more: memory grows with the square of the
 * number, and nobody reads it.
 */
const MAX_EDITS = 1500;

/**
 * Compares two lists of lines: what both have in the same order is kept, and of that as much as possible (Myers, "An
 * O(ND) Difference Algorithm", 1986). Where they have little in common all between their common beginning and their
 * common end counts as different.
 */
export function diffLines(a: readonly string[], b: readonly string[]): DiffLine[] {
  const begin = commonLength(a, b, (lines, index) => lines[index]);
  const shorter = Math.min(a.length, b.length) - begin;
  const end = Math.min(
    shorter,
    commonLength(a, b, (lines, index) => lines[lines.length - 1 - index]),
  );
  const [restA, restB] = [a.slice(begin, a.length - end), b.slice(begin, b.length - end)];
  return [
    ...signed(' ', a.slice(0, begin)),
    ...(shortestEdit(restA, restB) ?? [...signed('-', restA), ...signed('+', restB)]),
    ...signed(' ', a.slice(a.length - end)),
  ];
}

type Lines = readonly string[];

function signed(sign: DiffLine['sign'], lines: Lines): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}

function commonLength(a: Lines, b: Lines, at: (lines: Lines, index: number) => string | undefined): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && at(a, length) === at(b, length)) length += 1;
  return length;
}

/**
 * For each number of edits, how far into `a` each diagonal (place in `a` minus place in `b`) can be followed.
 * @returns null where more than `MAX_EDITS` are needed
 */
function shortestEdit(a: Lines, b: Lines): DiffLine[] | null {
  const most = Math.min(a.length + b.length, MAX_EDITS);
  const furthest = new Map<number, number>([[1, 0]]);
  const steps: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    const step = new Int32Array(2 * edits + 1);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(furthest, diagonal, edits);
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      step[diagonal + edits] = x;
      if (x < a.length || x - diagonal < b.length) continue;
      return walkBack(a, b, steps, edits);
    }
    steps.push(step);
  }
  return null;
}

/** Where a diagonal is entered: from the one below by leaving out a line of `a`, or from above by a line of `b`. */
function startOf(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const [left, above] = [furthest.get(diagonal - 1) ?? -1, furthest.get(diagonal + 1) ?? -1];
  return diagonal === -edits || (diagonal !== edits && left < above) ? above : left + 1;
}

/** From the ends of both to their beginnings, edit by edit. */
function walkBack(a: Lines, b: Lines, steps: readonly Int32Array[], edits: number): DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let left = edits; left > 0; left -= 1) {
    const step = steps[left - 1] as Int32Array;
    const at = (diagonal: number): number => (Math.abs(diagonal) < left ? (step[diagonal + left - 1] as number) : -1);
    const diagonal = x - y;
    const isInsert = diagonal === -left || (diagonal !== left && at(diagonal - 1) < at(diagonal + 1));
    const before = isInsert ? at(diagonal + 1) : at(diagonal - 1);
    const start = isInsert ? before : before + 1;
    while (x > start) lines.push({ sign: ' ', text: a[--x] as string });
    y = x - diagonal;
    lines.push(isInsert ? { sign: '+', text: b[--y] as string } : { sign: '-', text: a[--x] as string });
  }
  while (x > 0) lines.push({ sign: ' ', text: a[--x] as string });
  return lines.reverse();
}
