/** What somebody may have meant who wrote a name that is not known. */

/**
 * The known name that the fewest slips make of the written one, capitals and the signs between words aside.
 * @returns undefined where more than every third letter would be wrong.
 */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const name = plain(written);
  const most = Math.max(1, Math.floor(name.length / 3));
  return known
    .map((candidate) => ({ candidate, slips: slipsBetween(name, plain(candidate)) }))
    .filter(({ slips }) => slips <= most)
    .toSorted((a, b) => a.slips - b.slips)[0]?.candidate;
}

/** Without capitals and signs between words: as in `min_area_m2` and `minAreaM2`. */
export function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase();
}

/** Letters to insert, leave out or replace to make one word of the other (Levenshtein). */
export function slipsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j]! + (a[i] === b[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row[b.length]!;
}
