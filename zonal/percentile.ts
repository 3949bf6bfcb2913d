/** Percentiles as numpy's "linear" method has them (Hyndman and Fan 1996, definition 7). */

/** The rank of the quartile `quarter` (1, 2, 3) of `count` sorted values, counted from 0; it may lie between two values. */
export function quartileRank(count: number, quarter: number): number {
  return ((count - 1) * quarter) / 4;
}

/** The value `fraction` of the way from `a` to the next value `b`, rounded as numpy rounds it: from the nearer one. */
export function between(a: number, b: number, fraction: number): number {
  const difference = b - a;
  return fraction < 0.5 ? a + difference * fraction : b - difference * (1 - fraction);
}
