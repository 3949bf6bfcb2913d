/** What somebody may have meant who wrote a name that is unknown. */

/**
 * The known name that the fewest typing mistakes make `name` of: a letter too many, too few, another one, or two
 * neighbours exchanged; upper and lower case are the same. The first of several.
 * @returns undefined where more than a third of the letters, and more than one, would be mistakes.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const mistakes = mistakesBetween(name.toLowerCase(), candidate.toLowerCase(), fewest);
    if (mistakes < fewest) [nearest, fewest] = [candidate, mistakes];
  }
  return nearest;
}

/** Damerau and Levenshtein's distance, each pair of neighbours exchanged once at most; `enough` stands for all above it. */
function mistakesBetween(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) >= enough) return enough;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + Number(a[row - 1] !== b[column - 1]);
      const isExchange =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          above[column]! + 1,
          current[column - 1]! + 1,
          replaced,
          isExchange ? before[column - 2]! + 1 : Infinity,
        ),
      );
    }
    [before, above] = [above, current];
  }
  return above[b.length]!;
}
