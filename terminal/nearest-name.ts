/** What somebody may have meant who wrote a name that is not known. */

/**
 * The known name that the fewest slips make of the written one, capitals and the signs between words aside. The first of
 * several.
 * @returns undefined where more than a third of the letters, and more than one, would be wrong.
 */
export function nearestName(written: string, known: Iterable<string>): string | undefined {
  const name = plain(written);
  let nearest: string | undefined;
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const slips = slipsBetween(name, plain(candidate));
    if (slips < fewest) [nearest, fewest] = [candidate, slips];
  }
  return nearest;
}

/** Without capitals and signs between words: as in `min_area_m2` and `minAreaM2`. */
export function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}

/**
 * Letters to insert, leave out or replace, and neighbours to exchange, to make one word of the other: Damerau and
 * Levenshtein's distance, each pair of neighbours exchanged once at most.
 */
export function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + Number(a[row - 1] !== b[column - 1]);
      const isExchange =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const exchanged = isExchange ? before[column - 2]! + 1 : Infinity;
      current.push(Math.min(above[column]! + 1, current[column - 1]! + 1, replaced, exchanged));
    }
    [before, above] = [above, current];
  }
  return above[b.length]!;
}
