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
import { origin, step } from './window';

export const CELLS: i32 = 1 << 18;
export const BAND_ROWS: i32 = 1 << 12;

/** Cover and area of each pixel of the band, doubles; a row has one pixel more than the band, for its right border. */
export const cells: usize = memory.data(16 * CELLS, 16);
/** A bit for each cell that an edge runs through, in rows of whole words of 64 bits. */
export const marks: usize = memory.data(8 * (CELLS / 64 + BAND_ROWS), 16);

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

/** @inline Marks the cells `first` to `last` of a row. */
export function mark(row: i32, first: i32, last: i32): void {
  const word = marks + ((row * words + (first >> 6)) << 3);
  if (first >> 6 != last >> 6) {
    markEach(row, first, last);
    return;
  }
  const bits = ((2 as u64) << (last - first)) - 1;
  store<u64>(word, load<u64>(word) | (bits << (first & 63)));
}

function markEach(row: i32, first: i32, last: i32): void {
  for (let column = first; column <= last; column++) {
    const word = marks + ((row * words + (column >> 6)) << 3);
    store<u64>(word, load<u64>(word) | ((1 as u64) << (column & 63)));
  }
}

/** Twice the area of a ring, its points from `from` to before `to`; positive where it runs counterclockwise. */
export function doubledArea(from: usize, to: usize): f64 {
  const first = v128.load(from);
  let before = f64x2.splat(0);
  let sum: f64 = 0;
  for (let at = from + 16; at < to; at += 16) {
    const point = f64x2.sub(v128.load(at), first);
    const products = f64x2.mul(before, f64x2.shuffle(point, point, 1, 0));
    sum += f64x2.extract_lane(products, 0) - f64x2.extract_lane(products, 1);
    before = point;
  }
  return sum;
}

/** Adds the edges between the points from `from` to before `to`. `sign` is 1 where the inside lies left of them, else -1. */
export function addEdges(from: usize, to: usize, sign: f64): void {
  let before = placed(from);
  let yBefore = heightOf(before);
  for (let at = from + 16; at < to; at += 16) {
    const point = placed(at);
    const y = heightOf(point);
    const xBefore = f64x2.extract_lane(before, 0);
    const x = f64x2.extract_lane(point, 0);
    if (yBefore < y) addEdge(xBefore, yBefore, x, y, sign);
    else if (yBefore > y) addEdge(x, y, xBefore, yBefore, -sign);
    before = point;
    yBefore = y;
  }
}

/** @inline Where a point lies in the band, in columns and rows. */
function placed(point: usize): v128 {
  return f64x2.sub(f64x2.div(f64x2.sub(v128.load(point), origin), step), corner);
}

/** @inline */
function heightOf(point: v128): f64 {
  return rounded(f64x2.extract_lane(point, 1));
}

/** @inline */
function rounded(height: f64): f64 {
  return height + rounding - rounding;
}

/** Cuts an edge that goes down at the borders of rows. */
function addEdge(x1: f64, y1: f64, x2: f64, y2: f64, sign: f64): void {
  const end = rows as f64;
  if (y2 <= 0 || y1 >= end) return;
  const across = x2 - x1;
  const down = y2 - y1;
  const slopes = f64x2.div(f64x2(across, down), f64x2(down, across));
  const slope = f64x2.extract_lane(slopes, 0);
  const rate = abs(f64x2.extract_lane(slopes, 1));
  const bottom = min(y2, end);
  let y = y1;
  let x = x1;
  if (y1 < 0) {
    y = 0;
    x = x1 - y1 * slope;
  }
  let row = y as i32;
  while (y < bottom) {
    const next = min((row + 1) as f64, bottom);
    const nextX = next == y2 ? x2 : x1 + (next - y1) * slope;
    if (isCut) addCut(row, min(x, nextX), max(x, nextX), next - y, rate, sign);
    else addPiece(row, min(x, nextX), max(x, nextX), next - y, rate, sign);
    y = next;
    x = nextX;
    row++;
  }
}

/** Adds a piece within a row from `left` to `right`, which may lie beyond the band: left of it, it covers the whole row. */
function addCut(row: i32, left: f64, right: f64, height: f64, rate: f64, sign: f64): void {
  const end = columns as f64;
  if (left >= end) return;
  if (right > end) {
    height = rounded((end - left) * rate);
    right = end;
  }
  if (left < 0) {
    const before = right <= 0 ? height : rounded(-left * rate);
    addPiece(row, 0, 0, before, rate, sign);
    if (right <= 0) return;
    height -= before;
    left = 0;
  }
  addPiece(row, left, right, height, rate, sign);
}

/** Cuts a piece within a row at the borders of columns; it goes down by `rate` a column. */
function addPiece(row: i32, left: f64, right: f64, height: f64, rate: f64, sign: f64): void {
  // Rounding may lead over a border by a bit; what is no number becomes 0.
  const column = min(max(left as i32, 0), columns);
  const last = min(max(right as i32, column), columns);
  mark(row, column, last);
  let at = cells + ((row * stride + column) << 4);
  if (column == last) {
    add(at, sign * height, 1 - ((left + right) * 0.5 - (column as f64)));
    return;
  }
  let width = ((column + 1) as f64) - left;
  let done = rounded(width * rate);
  add(at, sign * done, width * 0.5);
  at += 16;
  for (let next = column + 1; next < last; next++, at += 16) {
    width += 1;
    const before = done;
    done = rounded(width * rate);
    add(at, sign * (done - before), 0.5);
  }
  add(at, sign * (height - done), 1 - (right - (last as f64)) * 0.5);
}

/** @inline */
function add(cell: usize, height: f64, width: f64): void {
  v128.store(cell, f64x2.add(v128.load(cell), f64x2.mul(f64x2.splat(height), f64x2(1, width))));
}
