/**
 * The candidate that is most likely meant by a mistyped word, or null where none is close: at most one edit for every
 * four letters. Case, `-` and `_` do not count.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const folded = fold(word);
  const ranked = candidates.map((candidate) => ({ candidate, edits: editDistance(folded, fold(candidate)) }));
  const [best] = ranked.sort((a, b) => a.edits - b.edits);
  const allowed = Math.max(1, Math.floor(folded.length / 4));
  return best !== undefined && best.edits <= allowed ? best.candidate : null;
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}

/** Levenshtein's distance: how many letters must be put in, taken out or replaced. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1));
    }
    previous = current;
  }
  return at(previous, to.length);
}

function at(distances: readonly number[], index: number): number {
  return distances[index] as number;
}
