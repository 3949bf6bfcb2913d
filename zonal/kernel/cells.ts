/**
 * What the edges of a polygon leave in the pixels they run through, of which the covered share of every pixel follows.
 *
 * Each edge is cut at the borders of rows and columns. A piece that goes down by `h` within a pixel covers the same height
 * of all pixels to the right of it, and of its own pixel the part right of itself; a piece that goes up takes the same
 * away. So two numbers a pixel are enough, `cover` (h) and `area` (h times the width right of the piece), and adding up a
 * row from the left gives every share: see shares.ts.
 *
 * Heights are whole multiples of a power of two, so that what goes down on one side of a polygon and up on the other cancels
 * to the last bit: a pixel away from all edges is covered wholly or not at all, without a tolerance.
 */
import { POINTS } from './block';
import { origin, step } from './window';

export const CELLS: i32 = 1 << 18;
export const BAND_ROWS: i32 = 1 << 12;

/**
 * Cover and area of each pixel of the band, doubles; a row has one pixel more than the band, for its right border. There is one more
 * behind them, to which nothing is added.
 */
export const cells: usize = memory.data(16 * CELLS + 16, 16);
/** A bit for each cell that an edge runs through, in rows of whole words of 64 bits. */
export const marks: usize = memory.data(8 * (CELLS / 64 + BAND_ROWS), 16);

/**
 * Of each edge, in doubles: x and y of its upper end and of its lower one, how far it goes to the right a row and down a column, and
 * twice 1, or -1 where it goes up.
 */
const edges: usize = memory.data(64 * POINTS, 16);
let edgesEnd: usize = edges;
const EDGE: usize = 64;
/** Steeper than any edge but those that go straight down. */
const STEEPEST: f64 = 1e300;
/** Whole numbers below 2^31, added to this, stand in the lower half of the double. */
const WHOLE: f64 = 6755399441055744;

export let columns: i32 = 0;
export let rows: i32 = 0;
export let stride: i32 = 0;
/** Words of marks a row. */
export let words: i32 = 0;
/** The band's upper left pixel, in the grid's columns and rows. */
let corner: v128 = f64x2.splat(0);
/** Added to a height and taken off again, leaves a multiple of the power of two. */
let rounding: f64 = 0;
/** Polygons may reach over the left or right border of the band. */
let isCut: bool = false;

/** Opens an empty band of `columnCount` x `rowCount` pixels. Cells and marks must be zero: who reads them leaves them so. */
export function openBand(firstColumn: i32, firstRow: i32, columnCount: i32, rowCount: i32, cut: bool): void {
  corner = f64x2(firstColumn as f64, firstRow as f64);
  columns = columnCount;
  rows = rowCount;
  stride = columnCount + 1;
  words = (stride + 63) >> 6;
  isCut = cut;
  // Room for a few edges one above the other in a pixel.
  rounding = 1.5 * ((1 << (34 - clz(rowCount))) as f64);
}

/** Marks the cells `first` to `last` of a row, whose marks begin at `rowMarks`. */
export function mark(rowMarks: usize, first: i32, last: i32): void {
  for (let column = first; column <= last; column++) {
    const word = rowMarks + ((column >> 6) << 3);
    store<u64>(word, load<u64>(word) | ((1 as u64) << (column & 63)));
  }
}

/** Adds the edges that `placeEdges` placed. `sign` is 1 where the inside lies left of them, else -1. */
export function addEdges(sign: f64): void {
  const width = columns as f64;
  const height = rows as f64;
  for (let edge = edges; edge < edgesEnd; edge += EDGE) {
    const top = larger(load<f64>(edge, 8), 0);
    const bottom = smaller(load<f64>(edge, 24), height);
    if (isCut) addCut(edge, top, bottom, width, sign);
    else addPart(edge, top, bottom, 0, width, sign);
  }
}

/**
 * Writes to `edges` how the edges between the points from `from` to before `to` lie in the band. All at once, since the long
 * divisions would else stand behind branches that the processor foresees wrongly: up or down, how many rows.
 * @returns twice the area that the edges of a ring enclose; negative where it runs counterclockwise on the ground.
 */
export function placeEdges(from: usize, to: usize): f64 {
  let before = placed(from);
  let areas = f64x2.splat(0);
  let edge = edges;
  for (let at = from + 16; at < to; at += 16, edge += EDGE) {
    const point = placed(at);
    const isDown = f64x2.lt(f64x2.shuffle(before, before, 1, 1), f64x2.shuffle(point, point, 1, 1));
    const upper = v128.bitselect(before, point, isDown);
    const lower = v128.bitselect(point, before, isDown);
    const along = f64x2.sub(lower, upper);
    const slopes = f64x2.div(along, f64x2.shuffle(along, along, 1, 0));
    v128.store(edge, upper);
    v128.store(edge, lower, 16);
    v128.store(edge, kept(slopes, f64x2.splat(-STEEPEST), f64x2.splat(STEEPEST)), 32);
    v128.store(edge, v128.bitselect(f64x2.splat(1), f64x2.splat(-1), isDown), 48);
    areas = f64x2.add(areas, f64x2.mul(before, f64x2.shuffle(point, point, 1, 0)));
    before = point;
  }
  edgesEnd = edge;
  return f64x2.extract_lane(areas, 0) - f64x2.extract_lane(areas, 1);
}

/** @inline Where a point lies in the band, in columns and rows; the latter rounded. */
function placed(point: usize): v128 {
  const exact = f64x2.sub(f64x2.div(f64x2.sub(v128.load(point), origin), step), corner);
  return f64x2.shuffle(exact, rounded(exact), 0, 3);
}

/** Adds an edge that may lie beyond the band's sides: left of it, it covers whole rows; right of it, nothing. */
function addCut(edge: usize, top: f64, bottom: f64, width: f64, sign: f64): void {
  const atLeft = heightAt(edge, 0, top, bottom);
  const atRight = heightAt(edge, width, top, bottom);
  if (load<f64>(edge) <= load<f64>(edge, 16)) {
    addPart(edge, top, atLeft, 0, 0, sign);
    addPart(edge, atLeft, atRight, 0, width, sign);
  } else {
    addPart(edge, atRight, atLeft, 0, width, sign);
    addPart(edge, atLeft, bottom, 0, 0, sign);
  }
}

/** At which height an edge crosses the left border of a column, kept between `top` and `bottom`. */
function heightAt(edge: usize, column: f64, top: f64, bottom: f64): f64 {
  const height = load<f64>(edge, 8) + (column - load<f64>(edge)) * load<f64>(edge, 40);
  return smaller(larger(top, laneOf(rounded(f64x2.splat(height)))), bottom);
}

/**
 * Cuts an edge at the borders of rows and columns, between the heights `top` and `bottom`, and adds it to the cells; what lies
 * left of the column `from` or right of `to` is taken to lie there. All numbers stand in both lanes of vectors: that takes fewer
 * instructions than one alone.
 */
function addPart(edge: usize, top: f64, bottom: f64, from: f64, to: f64, turn: f64): void {
  if (!(top < bottom)) return;
  const one = f64x2.splat(1);
  const half = f64x2.splat(0.5);
  const none = f64x2.splat(0);
  const x1 = v128.load64_splat(edge);
  const y1 = v128.load64_splat(edge, 8);
  const x2 = v128.load64_splat(edge, 16);
  const slope = v128.load64_splat(edge, 32);
  const sign = f64x2.mul(v128.load64_splat(edge, 48), f64x2.splat(turn));
  const rate = f64x2.mul(f64x2.abs(v128.load64_splat(edge, 40)), sign);
  const end = f64x2.splat(bottom);
  // Rounding must not lead beyond the edge's own ends.
  const least = kept(f64x2.pmin(x1, x2), f64x2.splat(from), f64x2.splat(to));
  const most = kept(f64x2.pmax(x1, x2), f64x2.splat(from), f64x2.splat(to));
  let y = f64x2.splat(top);
  let x = kept(f64x2.add(x1, f64x2.mul(f64x2.sub(y, y1), slope)), least, most);
  const firstRow = top as i32;
  let border = f64x2.splat((firstRow + 1) as f64);
  let rowCells = cells + ((firstRow * stride) << 4);
  let rowMarks = marks + ((firstRow * words) << 3);
  for (let left = (ceil(bottom) as i32) - firstRow; left > 0; left--) {
    const nextY = f64x2.pmin(border, end);
    const nextX = kept(f64x2.add(x1, f64x2.mul(f64x2.sub(nextY, y1), slope)), least, most);
    const height = f64x2.mul(f64x2.sub(nextY, y), sign);
    const start = f64x2.pmin(x, nextX);
    const first = f64x2.floor(start);
    const column = i32x4.extract_lane(f64x2.add(first, f64x2.splat(WHOLE)), 0);
    const cell = rowCells + (column << 4);
    const begin = f64x2.sub(start, first);
    const stop = f64x2.sub(f64x2.pmax(x, nextX), first);
    // Whether it ends in the first column or in the next can't be foreseen: the latter always gets its part, which may be none.
    const over = f64x2.pmax(f64x2.sub(stop, one), none);
    if (((laneOf(over) > 1) as i32) | (((column & 63) == 63) as i32))
      addMany(cell, rowMarks, column, begin, stop, height, rate);
    else {
      const second = rounded(f64x2.mul(over, rate));
      const width = f64x2.sub(one, f64x2.mul(half, f64x2.sub(f64x2.add(begin, stop), over)));
      add(cell, f64x2.sub(height, second), width);
      add(cell + 16, second, f64x2.sub(one, f64x2.mul(half, over)));
      const isOver = i64x2.extract_lane(f64x2.gt(over, none), 0);
      const word = rowMarks + ((column >> 6) << 3);
      store<u64>(word, load<u64>(word) | (((isOver & 2) | 1) << (column & 63)));
    }
    y = nextY;
    x = nextX;
    border = f64x2.add(border, one);
    rowCells += stride << 4;
    rowMarks += words << 3;
  }
}

/** Adds a piece of an edge that lies in any number of columns: from `begin` to `stop`, counted from the first of them. */
function addMany(
  cell: usize,
  rowMarks: usize,
  column: i32,
  begin: v128,
  stop: v128,
  height: v128,
  rate: v128,
): void {
  const one = f64x2.splat(1);
  const half = f64x2.splat(0.5);
  const last = max(ceil(laneOf(stop)) as i32, 1) - 1;
  mark(rowMarks, column, column + last);
  let from = begin;
  let border = one;
  let done = f64x2.splat(0);
  for (const end = cell + (last << 4); cell < end; cell += 16) {
    const before = done;
    done = rounded(f64x2.mul(f64x2.sub(border, begin), rate));
    add(cell, f64x2.sub(done, before), f64x2.mul(half, f64x2.sub(border, from)));
    from = border;
    border = f64x2.add(border, one);
  }
  // Of the last column from `border` - 1 on.
  add(cell, f64x2.sub(height, done), f64x2.sub(border, f64x2.mul(half, f64x2.add(from, stop))));
}

/** @inline Adds a piece of an edge to its cell: its height, and with that the width to its right. */
function add(cell: usize, height: v128, width: v128): void {
  const widths = f64x2.shuffle(f64x2.splat(1), width, 0, 3);
  v128.store(cell, f64x2.add(v128.load(cell), f64x2.mul(height, widths)));
}

/** @inline */
function rounded(heights: v128): v128 {
  return f64x2.sub(f64x2.add(heights, f64x2.splat(rounding)), f64x2.splat(rounding));
}

/** @inline What is no number becomes `least`. */
function kept(numbers: v128, least: v128, most: v128): v128 {
  return f64x2.pmin(most, f64x2.pmax(least, numbers));
}

/** @inline The number that stands in both lanes. */
function laneOf(numbers: v128): f64 {
  return f64x2.extract_lane(numbers, 0);
}

/** @inline The smaller number. WebAssembly's own instruction for one number branches. */
function smaller(a: f64, b: f64): f64 {
  return laneOf(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)));
}

/** @inline */
function larger(a: f64, b: f64): f64 {
  return laneOf(f64x2.pmax(f64x2.splat(a), f64x2.splat(b)));
}
