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

/** Of each edge of a ring the upper end, the lower one, slope and rate, and the sign, pairs of doubles: see `placeEdges`. */
const edges: usize = memory.data(64 * POINTS, 16);
/** Edges cut at the borders of rows: see `writePiece`. */
const PIECES: i32 = 1 << 13;
const pieces: usize = memory.data(64 * PIECES, 16);

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
  const end = placeEdges(from, to, sign);
  let count = 0;
  for (let edge = edges; edge < end; edge += 64) {
    const y1 = load<f64>(edge, 8);
    const y2 = load<f64>(edge, 24);
    if (!(y1 < y2) || y2 <= 0 || y1 >= (rows as f64)) continue;
    if (count + rows > PIECES) {
      addPieces(count);
      count = 0;
    }
    count = cutEdge(edge, count);
  }
  addPieces(count);
}

/**
 * Writes to `edges` how the edges lie in the band. All at once, since the long divisions would else stand behind branches that
 * the processor foresees wrongly: up or down, how many rows.
 * @returns where they end
 */
function placeEdges(from: usize, to: usize, sign: f64): usize {
  let before = placed(from);
  let edge = edges;
  for (let at = from + 16; at < to; at += 16, edge += 64) {
    const point = placed(at);
    const isDown = f64x2.lt(f64x2.shuffle(before, before, 1, 1), f64x2.shuffle(point, point, 1, 1));
    const upper = v128.bitselect(before, point, isDown);
    const lower = v128.bitselect(point, before, isDown);
    const along = f64x2.sub(lower, upper);
    v128.store(edge, upper);
    v128.store(edge, lower, 16);
    // What it moves to the right a row; how far it goes down a column.
    v128.store(edge, f64x2.div(along, f64x2.shuffle(along, along, 1, 0)), 32);
    v128.store(edge, v128.bitselect(f64x2.splat(sign), f64x2.splat(-sign), isDown), 48);
    before = point;
  }
  return edge;
}

/** @inline Where a point lies in the band, in columns and rows; the latter rounded. */
function placed(point: usize): v128 {
  const exact = f64x2.sub(f64x2.div(f64x2.sub(v128.load(point), origin), step), corner);
  const raised = f64x2.sub(f64x2.add(exact, f64x2.splat(rounding)), f64x2.splat(rounding));
  return f64x2.shuffle(exact, raised, 0, 3);
}

/** @inline */
function rounded(height: f64): f64 {
  return height + rounding - rounding;
}

/** @inline Cuts an edge at the borders of rows, and writes what lies in the band to `pieces` from place `count` on. @returns the count */
function cutEdge(edge: usize, count: i32): i32 {
  const x1 = load<f64>(edge);
  const y1 = load<f64>(edge, 8);
  const slope = load<f64>(edge, 32);
  const rate = abs(load<f64>(edge, 40));
  const sign = load<f64>(edge, 48);
  let x2 = load<f64>(edge, 16);
  let y2 = load<f64>(edge, 24);
  let x = x1;
  let y = y1;
  if (y1 < 0) {
    y = 0;
    x = x1 - y1 * slope;
  }
  if (y2 > (rows as f64)) {
    y2 = rows as f64;
    x2 = x1 + (y2 - y1) * slope;
  }
  let row = y as i32;
  for (const last = (ceil(y2) as i32) - 1; row < last; row++) {
    const next = (row + 1) as f64;
    const nextX = x1 + (next - y1) * slope;
    writePiece(count++, row, x, nextX, next - y, rate, sign);
    y = next;
    x = nextX;
  }
  writePiece(count++, row, x, x2, y2 - y, rate, sign);
  return count;
}

/** @inline A piece of an edge within a row, from `x` to `otherX`, that goes down by `height`, and by `rate` a column. */
function writePiece(at: i32, row: i32, x: f64, otherX: f64, height: f64, rate: f64, sign: f64): void {
  const piece = pieces + (at << 6);
  const ends = f64x2(x, otherX);
  const turned = f64x2(otherX, x);
  v128.store(piece, f64x2.shuffle(f64x2.pmin(ends, turned), f64x2.pmax(ends, turned), 0, 2));
  store<f64>(piece, height, 16);
  store<f64>(piece, rate, 24);
  store<f64>(piece, sign, 32);
  store<i32>(piece, row, 40);
}

/** Adds the first `count` pieces to the cells. */
function addPieces(count: i32): void {
  for (let piece = pieces; piece < pieces + (count << 6); piece += 64) {
    const left = load<f64>(piece);
    const right = load<f64>(piece, 8);
    const height = load<f64>(piece, 16);
    const rate = load<f64>(piece, 24);
    const sign = load<f64>(piece, 32);
    const row = load<i32>(piece, 40);
    if (isCut) addCut(row, left, right, height, rate, sign);
    else addParts(row, left, right, height, rate, sign);
  }
}

/** Adds a piece that may lie beyond the band: left of it, it covers the whole row. */
function addCut(row: i32, left: f64, right: f64, height: f64, rate: f64, sign: f64): void {
  const end = columns as f64;
  if (left >= end) return;
  if (right > end) {
    height = rounded((end - left) * rate);
    right = end;
  }
  if (left < 0) {
    const before = right <= 0 ? height : rounded(-left * rate);
    addParts(row, 0, 0, before, rate, sign);
    if (right <= 0) return;
    height -= before;
    left = 0;
  }
  addParts(row, left, right, height, rate, sign);
}

/**
 * Cuts a piece at the borders of columns. One that stays in its column adds nothing to the next one: which of the two it is
 * can't be foreseen, so there is no branch.
 */
function addParts(row: i32, left: f64, right: f64, height: f64, rate: f64, sign: f64): void {
  // Rounding may lead over a border by a bit; what is no number becomes 0.
  const ends = i32x4.trunc_sat_f64x2_s_zero(f64x2(left, right));
  const inside = i32x4.max_s(i32x4.min_s(ends, i32x4.splat(columns)), i32x4.splat(0));
  const column = i32x4.extract_lane(inside, 0);
  const last = i32x4.extract_lane(inside, 1);
  mark(row, column, last);
  const at = cells + ((row * stride + column) << 4);
  const start = column as f64;
  const border = start + 1;
  if (last > column + 1) {
    addMany(at, left - start, right - start, last - column, height, rate, sign);
    return;
  }
  const second = (height - least(height, rounded((border - left) * rate))) * ((last - column) as f64);
  add(at, sign * (height - second), 1 - ((left + least(right, border)) * 0.5 - start));
  add(at + 16, sign * second, 1 - (right - border) * 0.5);
}

/** Adds a piece of three columns or more; `left` and `right` count from the first of them. */
function addMany(at: usize, left: f64, right: f64, last: i32, height: f64, rate: f64, sign: f64): void {
  let width = 1 - left;
  let done = rounded(width * rate);
  add(at, sign * done, width * 0.5);
  at += 16;
  for (let next = 1; next < last; next++, at += 16) {
    width += 1;
    const before = done;
    done = rounded(width * rate);
    add(at, sign * (done - before), 0.5);
  }
  add(at, sign * (height - done), 1 - (right - (last as f64)) * 0.5);
}

/** @inline The smaller number; the first one, where the second is none. That of WebAssembly branches. */
function least(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0);
}

/** @inline */
function add(cell: usize, height: f64, width: f64): void {
  v128.store(cell, f64x2.add(v128.load(cell), f64x2.mul(f64x2.splat(height), f64x2(1, width))));
}
