/**
 * Where a polygon's edges cross the centre lines of rows, and the spans between the crossings. ../rasteriser.ts has the rules;
 * the arithmetic is that of ../outline-rasteriser.ts, two rows at a time.
 */
import { lengths, starts } from './block';
import { end, first, offset, scale } from './window';

export const ROWS: i32 = 1 << 12;
/** Crossings of one row; a convex polygon has 2. */
export const CAPACITY: i32 = 8;

/** So many crossings were found in each row, a byte. The row behind the last one is a scratch, as the rows go in pairs. */
const counts = memory.data(ROWS + 16, 16);
/** The columns of the first crossings of all rows, then of the second ones, and so on; 32 bits, in the order of the edges. */
const columns = memory.data(4 * CAPACITY * (ROWS + 4), 16);
const NEXT: usize = 4 * (ROWS + 4);

/** Whole numbers below 2^31, added to this, stand in the lower half of the double. */
const WHOLE: f64 = 6755399441055744;

/** Forgets the crossings of `rows` rows, at most ROWS. */
export function clear(rows: i32): void {
  for (let row: usize = 0; row <= (rows as usize); row += 16) v128.store(counts + row, i64x2.splat(0));
}

/**
 * Notes where the edges of a ring, its points from `from` to before `to`, cross the window's rows.
 * @returns false when that is not for the kernel: an edge along a centre line, or too many crossings in a row.
 */
export function crossRing(from: usize, to: usize): bool {
  const firstColumn = f64x2.shuffle(first, first, 0, 0);
  const width = f64x2.sub(f64x2.shuffle(end, end, 0, 0), firstColumn);
  const firstRow = f64x2.extract_lane(first, 1) as i32;
  let before = placed(from);
  let rowBefore = rowBelow(before);
  for (let at = from + 16; at < to; at += 16) {
    const point = placed(at);
    const row = rowBelow(point);
    if (row == rowBefore) {
      if (liesOnCentreLine(before, point)) return false;
    } else {
      const down = rowBefore < row;
      const upper = down ? before : point;
      const edge = f64x2.sub(down ? point : before, upper);
      const x = f64x2.shuffle(upper, upper, 0, 0);
      const y = f64x2.shuffle(upper, upper, 1, 1);
      const right = f64x2.shuffle(edge, edge, 0, 0);
      const below = f64x2.shuffle(edge, edge, 1, 1);
      const endRow = down ? row : rowBefore;
      let next = down ? rowBefore : row;
      let centres = f64x2.add(f64x2.splat(next as f64), f64x2(0.5, 1.5));
      for (next -= firstRow; next < endRow - firstRow; next += 2) {
        const along = f64x2.div(f64x2.mul(f64x2.sub(centres, y), right), below);
        const column = f64x2.floor(f64x2.add(f64x2.add(along, x), f64x2.splat(0.5)));
        // In this order of operands, what is no number becomes 0.
        const inside = f64x2.pmin(width, f64x2.pmax(f64x2.splat(0), f64x2.sub(column, firstColumn)));
        const whole = f64x2.add(inside, f64x2.splat(WHOLE));
        const isPair = (next + 1 < endRow - firstRow) as i32;
        const count = load<u8>(counts + next) as i32;
        const other = load<u8>(counts + next, 1) as i32;
        if (max(count, other) >= CAPACITY) return false;
        v128.store_lane<i32>(columns + NEXT * count + 4 * next, whole, 0);
        v128.store_lane<i32>(columns + NEXT * other + 4 * next, whole, 2, 4);
        store<u8>(counts + next, count + 1);
        store<u8>(counts + next, other + isPair, 1);
        centres = f64x2.add(centres, f64x2.splat(2));
      }
    }
    before = point;
    rowBefore = row;
  }
  return true;
}

/** @inline Where a point lies in the window. */
function placed(point: usize): v128 {
  return f64x2.add(offset, f64x2.mul(v128.load(point), scale));
}

/** @inline The first row of the window whose centre line does not lie above the point; the rows outside the grid don't count. */
function rowBelow(point: v128): i32 {
  const row = f64x2.ceil(f64x2.sub(point, f64x2.splat(0.5)));
  const inside = f64x2.pmin(end, f64x2.pmax(first, row));
  return i32x4.extract_lane(f64x2.add(inside, f64x2.splat(WHOLE)), 2);
}

/** @inline Whether an edge runs exactly along a centre line. */
function liesOnCentreLine(from: v128, to: v128): bool {
  const y = f64x2.extract_lane(from, 1);
  return (
    y == f64x2.extract_lane(to, 1) &&
    f64x2.extract_lane(from, 0) != f64x2.extract_lane(to, 0) &&
    y - floor(y) == 0.5
  );
}

/**
 * Turns each odd crossing and the next into a span, of rows from the top.
 * @param rowStart the pixel number of the first column that crossings count from, `gridWidth` less than in the next row
 * @param count of the spans so far
 * @returns the count of spans with the new ones
 */
export function fill(rows: i32, rowStart: i32, gridWidth: i32, count: i32): i32 {
  for (let row = 0; row < rows; row++, rowStart += gridWidth) {
    const crossings = load<u8>(counts + row) as i32;
    const at = columns + (row << 2);
    if (crossings == 2) {
      const one = load<i32>(at);
      const other = load<i32>(at + NEXT);
      count = push(count, rowStart, min(one, other), max(one, other));
      continue;
    }
    sort(at, crossings);
    for (let k = 0; k + 1 < crossings; k += 2)
      count = push(count, rowStart, load<i32>(at + NEXT * k), load<i32>(at + NEXT * (k + 1)));
  }
  return count;
}

/** @inline Writes a span, which counts only if it is not empty. */
function push(count: i32, rowStart: i32, from: i32, to: i32): i32 {
  store<i32>(starts + (count << 2), rowStart + from);
  store<u16>(lengths + (count << 1), to - from);
  return count + ((to > from) as i32);
}

/** Sorts the crossings of a row, ascending. */
function sort(at: usize, crossings: i32): void {
  for (let k = 1; k < crossings; k++) {
    const column = load<i32>(at + NEXT * k);
    let to = k;
    for (; to > 0 && load<i32>(at + NEXT * (to - 1)) > column; to--)
      store<i32>(at + NEXT * to, load<i32>(at + NEXT * (to - 1)));
    store<i32>(at + NEXT * to, column);
  }
}
