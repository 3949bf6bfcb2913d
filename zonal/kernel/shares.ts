/** The pixels that a parcel covers, wholly or in part, out of what its edges left in the cells of a band. */
import { EXPONENT, SHARES, SPANS, fractions, lengths, starts, steps } from './block';
import { CELLS, cells, columns, mark, marks, rows, stride, words } from './cells';

/** Shares are compared by their bits, which grow as positive doubles do; those of negative ones, and of what is no number, are larger. */
const ONE: u64 = reinterpret<u64>(1.0 as f64);
/** Shares between these are 1: coordinates of metres are known to some ten thousand millionths of a pixel. */
const WHOLE: u64 = reinterpret<u64>((1.0 - 1.0 / 2147483648.0) as f64);
const MORE: u64 = reinterpret<u64>((1.0 + 1.0 / 2147483648.0) as f64);
/** No more than this is what rounding leaves where edges run along each other. */
const NOTHING: u64 = reinterpret<u64>((1.0 / 70368744177664.0) as f64);
/** So many pixels covered wholly can be told before a share, in a byte. */
const MOST_WHOLE: i32 = 255;

/** Shares of the parts of a parcel that came before, doubles, in the order of the cells. */
const carried: usize = memory.data(8 * CELLS, 16);

/** How much was written since `clearOutput`. */
export let spanCount: i32 = 0;
export let shareCount: i32 = 0;

/** Only pixels covered wholly are wanted, without shares. */
export let onlyInside: bool = false;
/** How many pixels of the parcel in work are covered wholly since the last share. */
let whole: i32 = 0;

export function clearOutput(inside: bool): void {
  onlyInside = inside;
  spanCount = shareCount = 0;
}

export function beginParcel(): void {
  whole = 0;
}

/** Takes a part's shares out of the cells, to be added to those of the next part of the same parcel. */
export function carry(): void {
  for (let row = 0; row < rows; row++) {
    let cover: f64 = 0;
    let cell = cells + ((row * stride) << 4);
    for (let column = 0; column < columns; column++, cell += 16) {
      const left = v128.load(cell);
      v128.store(cell, f64x2.splat(0));
      const share = evenOdd(cover + f64x2.extract_lane(left, 1));
      cover += f64x2.extract_lane(left, 0);
      if (share == 0) continue;
      const at = carriedOf(cell);
      store<f64>(at, load<f64>(at) + share);
      mark(marks + ((row * words) << 3), column, column);
    }
    v128.store(cell, f64x2.splat(0));
  }
}

/** Whether so many pixels more can be written: every other one a span, each a share, and those that tell of whole ones before. */
export function hasRoom(pixels: i32): bool {
  return spanCount + (pixels >> 1) < SPANS && shareCount + pixels + (pixels >> 7) + 4 < SHARES;
}

/**
 * Writes the pixels of the band's rows from `fromRow` on.
 * @param firstPixel the pixel number of the band's first pixel, `gridWidth` less than that of the next row's
 * @param isCarried there were parts before
 * @returns the row before which the room ended; `rows`, where all was written.
 */
export function writeRows(fromRow: i32, firstPixel: i32, gridWidth: i32, isCarried: bool): i32 {
  for (let row = fromRow; row < rows; row++) {
    if (!hasRoom(columns)) return row;
    const rowStart = firstPixel + row * gridWidth;
    if (onlyInside) writeInside(row, rowStart, isCarried);
    else writeRow(row, rowStart, isCarried);
  }
  return rows;
}

/** Writes the pixels of a row that are covered wholly. */
function writeInside(row: i32, rowStart: i32, isCarried: bool): void {
  let cell = cells + ((row * stride) << 4);
  let cover: f64 = 0;
  /** Where the span in work begins: behind the last pixel that does not count. */
  let from = 0;
  for (let column = 0; column < columns; column++, cell += 16) {
    const left = v128.load(cell);
    v128.store(cell, f64x2.splat(0));
    let share = cover + f64x2.extract_lane(left, 1);
    cover += f64x2.extract_lane(left, 0);
    if (reinterpret<u64>(share) > ONE) share = evenOdd(share);
    if (isCarried) share += takeCarried(cell);
    if (share >= reinterpret<f64>(WHOLE)) continue;
    pushSpan(rowStart, from, column);
    from = column + 1;
  }
  pushSpan(rowStart, from, columns);
  for (let word = 0; word < words; word++) store<u64>(marks + ((row * words + word) << 3), 0);
  // What lies on the right border of the band is no pixel's.
  v128.store(cell, f64x2.splat(0));
}

/**
 * Writes the pixels of a row that are covered at all, with their shares. Edges lie anyhow, so what is decided by them alone is
 * decided without branches, which the processor would foresee wrongly.
 */
function writeRow(row: i32, rowStart: i32, isCarried: bool): void {
  // What every pixel changes is kept out of memory.
  const width = columns;
  const rowCells = cells + ((row * stride) << 4);
  let before = whole;
  let out = shareCount;
  let word = marks + ((row * words) << 3);
  const endWord = word + (words << 3);
  let marked = load<u64>(word);
  /** The word's first column. */
  let base = 0;
  let column = marked == 0 ? 0 : (ctz(marked) as i32);
  /** Where the span in work begins: behind the last pixel that is not covered. */
  let from = column;
  let cover: f64 = 0;
  for (;;) {
    if (marked == 0) {
      store<u64>(word, 0);
      word += 8;
      if (word == endWord) break;
      base += 64;
      marked = load<u64>(word);
      continue;
    }
    const next = base + (ctz(marked) as i32);
    marked &= marked - 1;
    const cell = rowCells + (next << 4);
    const left = v128.load(cell);
    v128.store(cell, f64x2.splat(0));
    // What lies on the right border of the band is no pixel's.
    if (next == width) continue;
    // Up to the edge all pixels are alike, and mostly covered wholly.
    const count = next - column;
    if (((count > 0) as i32) & ((reinterpret<u64>(cover) != ONE) as i32)) {
      shareCount = out;
      whole = before;
      from = writeAlike(rowStart, from, column, next, evenOdd(cover));
      out = shareCount;
      before = whole;
    } else before += count;
    if (before > MOST_WHOLE) {
      out = tellWhole(out, before);
      before &= MOST_WHOLE;
    }
    let share = reinterpret<u64>(cover + f64x2.extract_lane(left, 1));
    cover += f64x2.extract_lane(left, 0);
    if (share > ONE) share = reinterpret<u64>(evenOdd(reinterpret<f64>(share)));
    if (isCarried) share = reinterpret<u64>(reinterpret<f64>(share) + takeCarried(cell));
    column = next + 1;
    if (share <= NOTHING) {
      pushSpan(rowStart, from, next);
      from = column;
      continue;
    }
    // One that is covered wholly is overwritten by the next.
    pushShare(out, before, share);
    const isAll = isWhole(share) as i32;
    out += 1 - isAll;
    before = (before + 1) & -isAll;
  }
  shareCount = out;
  whole = before;
  if (((column < width) as i32) & ((cover != 0) as i32)) {
    from = writeAlike(rowStart, from, column, width, evenOdd(cover));
    column = width;
  }
  pushSpan(rowStart, from, column);
}

/**
 * Writes the pixels from `from` to before `to`, which have the same share.
 * @param spanStart where the span in work begins
 * @returns where it begins now
 */
function writeAlike(rowStart: i32, spanStart: i32, from: i32, to: i32, covered: f64): i32 {
  const share = reinterpret<u64>(covered);
  if (share <= NOTHING) {
    pushSpan(rowStart, spanStart, from);
    return to;
  }
  if (isWhole(share)) {
    whole += to - from;
    shareCount = tellWhole(shareCount, whole);
    whole &= MOST_WHOLE;
    return spanStart;
  }
  shareCount = tellWhole(shareCount, whole);
  whole &= MOST_WHOLE;
  for (let column = from; column < to; column++) {
    pushShare(shareCount++, whole, share);
    whole = 0;
  }
  return spanStart;
}

/** @inline */
function isWhole(share: u64): bool {
  return share - WHOLE < MORE - WHOLE;
}

/** @inline By the even-odd rule, how much of a pixel is inside of which `covered` is, sign and turns included. */
function evenOdd(covered: f64): f64 {
  return abs(covered - 2 * nearest(covered * 0.5));
}

/** @inline Where the carried share of a cell is. */
function carriedOf(cell: usize): usize {
  return carried + ((cell - cells) >> 1);
}

/** @inline Takes the carried share out of a cell. */
function takeCarried(cell: usize): f64 {
  const at = carriedOf(cell);
  const share = load<f64>(at);
  store<f64>(at, 0);
  return share;
}

/** Where more pixels are covered wholly than a byte can tell, one of them gets a share of 1. @returns the count of shares */
function tellWhole(out: i32, before: i32): i32 {
  for (; before > MOST_WHOLE; before -= MOST_WHOLE + 1) pushShare(out++, MOST_WHOLE, ONE);
  return out;
}

/** @inline Writes a share, which counts once `shareCount` is beyond it. */
function pushShare(at: i32, before: i32, share: u64): void {
  const bits = share + (1 << 19) - (EXPONENT << 52);
  store<u32>(fractions + (at << 2), (bits >> 20) as u32);
  store<u16>(steps + (at << 1), (((bits >> 44) as i32) & 0xff00) | before);
}

/** @inline Writes a span, which counts only if it is not empty. */
function pushSpan(rowStart: i32, from: i32, to: i32): void {
  store<i32>(starts + (spanCount << 2), rowStart + from);
  store<u16>(lengths + (spanCount << 1), (to - from) as u16);
  spanCount += (to > from) as i32;
}
