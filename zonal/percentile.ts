/**
 * The value at `fraction` of the way from `a` to `b`, two neighbours in rank, rounded as numpy rounds it: from the nearer
 * end. The percentile q of n sorted values lies at rank q (n - 1), counted from 0 (Hyndman and Fan 1996, definition 7).
 */
export function between(a: number, b: number, fraction: number): number {
  const difference = b - a;
  return fraction < 0.5 ? a + difference * fraction : b - difference * (1 - fraction);
}
