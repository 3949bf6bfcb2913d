/**
 * Whether a closed ring runs clockwise (y up), decided as GDAL decides it, since GDAL turns rings clockwise before it
 * burns them and that settles which horizontal edges on a centre line are filled. For ordinary rings it is the sign of
 * the area; for rings that cross themselves (a bow tie) the sharpest turn at the lowest point decides instead.
 */

/** Closer than this to its neighbour, a corner is no corner (in CRS units, GDAL's figure). */
const CORNER_TOLERANCE = 1e-5;

/** `first` and `end` are point numbers of `xy`; point `end - 1` repeats point `first`. */
export function isClockwise(xy: Float64Array, first: number, end: number): boolean {
  const corners = end - first - 1;
  if (corners < 2) return true;
  const turn = turnAtLowestRightmost(xy, first, corners);
  if (turn !== 0) return turn < 0;
  return doubledArea(xy, first, end) < 0;
}

/** Positive for a left turn, negative for a right turn, 0 where the corner says nothing. */
function turnAtLowestRightmost(xy: Float64Array, first: number, corners: number): number {
  let lowest = 0;
  let visitedTwice = false;
  let x = xy[2 * first]!;
  let y = xy[2 * first + 1]!;
  for (let i = 1; i < corners; i++) {
    const xi = xy[2 * (first + i)]!;
    const yi = xy[2 * (first + i) + 1]!;
    if (yi < y || (yi === y && xi > x)) {
      lowest = i;
      x = xi;
      y = yi;
      visitedTwice = false;
    } else if (yi === y && xi === x) visitedTwice = true;
  }
  const before = 2 * (first + ((lowest + corners - 1) % corners));
  const after = 2 * (first + ((lowest + 1) % corners));
  const backX = xy[before]! - x;
  const backY = xy[before + 1]! - y;
  const onX = xy[after]! - x;
  const onY = xy[after + 1]! - y;
  const blunt =
    visitedTwice ||
    (Math.abs(backX) < CORNER_TOLERANCE && Math.abs(backY) < CORNER_TOLERANCE) ||
    (Math.abs(onX) < CORNER_TOLERANCE && Math.abs(onY) < CORNER_TOLERANCE);
  return blunt ? 0 : onX * backY - backX * onY;
}

/** Twice the signed area (shoelace formula), summed in GDAL's order: the rounding decides for rings without area. */
function doubledArea(xy: Float64Array, first: number, end: number): number {
  const last = end - 1;
  const y = (point: number) => xy[2 * point + 1]!;
  let sum = xy[2 * first]! * (y(first + 1) - y(last));
  for (let i = first + 1; i < last; i++) sum += xy[2 * i]! * (y(i + 1) - y(i - 1));
  return sum + xy[2 * last]! * (y(first) - y(last - 1));
}
