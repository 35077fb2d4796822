// What somebody who mistyped a name may have meant.

/** A name further away than this is no typing error of another one. */
const typingErrorsMax = 3;

/** Null where none is near. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= typingErrorsMax)
    .sort((left, right) => left.distance - right.distance);
  return best?.candidate ?? null;
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  const firstRow = Array.from({ length: to.length + 1 }, (_, index) => index);
  const lastRow = Array.from(from).reduce((row, letter, index) => {
    const next = [index + 1];
    for (const [place, other] of Array.from(to).entries()) {
      const replaced = (row[place] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    return next;
  }, firstRow);
  return lastRow[to.length] ?? 0;
}
