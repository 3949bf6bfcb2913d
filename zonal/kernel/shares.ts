/** The pixels that a parcel covers, wholly or in part, out of what its edges left in the cells of a band. */
import { EXPONENT, RUNS, SHARES, SPANS, exponents, fractions, lengths, runs, starts } from './block';
import { CELLS, cells, columns, mark, marks, rows, stride, words } from './cells';

/** A share so close to 1 is 1: coordinates of metres are known to some ten thousand millionths of a pixel. */
const WHOLE: f64 = 1.0 - 1.0 / 2147483648.0;
/** No more than this is what rounding leaves where edges run along each other. */
const NOTHING: f64 = 1.0 / 70368744177664.0;
/** The longest run that 16 bits can tell. */
const LONGEST: i32 = 65535;

/** Shares of the parts of a parcel that came before, doubles, in the order of the cells. */
const carried: usize = memory.data(8 * CELLS, 16);

/** How much was written since `clearOutput`. */
export let spanCount: i32 = 0;
export let runCount: i32 = 0;
export let shareCount: i32 = 0;

/** Only pixels covered wholly are wanted, without runs and shares. */
export let onlyInside: bool = false;
/** The run in work, of pixels covered in part or wholly, and its length so far. */
let isPart: bool = false;
let runLength: i32 = 0;

export function clearOutput(inside: bool): void {
  onlyInside = inside;
  spanCount = runCount = shareCount = 0;
}

/** Begins a parcel: its first run is of pixels covered wholly. */
export function beginParcel(): void {
  isPart = false;
  runLength = 0;
}

/** Ends a parcel: writes the run in work. */
export function endParcel(): void {
  if (runLength > 0) pushRun(runLength);
  runLength = 0;
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
      mark(row, column, column);
    }
    v128.store(cell, f64x2.splat(0));
  }
}

/**
 * Writes the pixels of the band's rows from `fromRow` on.
 * @param firstPixel the pixel number of the band's first pixel, `gridWidth` less than that of the next row's
 * @param isCarried there were parts before
 * @returns the row before which the room ended; `rows`, where all was written.
 */
export function writeRows(fromRow: i32, firstPixel: i32, gridWidth: i32, isCarried: bool): i32 {
  for (let row = fromRow; row < rows; row++) {
    const hasRoom =
      spanCount + (columns >> 1) < SPANS && shareCount + columns < SHARES && runCount + columns + 4 < RUNS;
    if (!hasRoom) return row;
    writeRow(row, firstPixel + row * gridWidth, isCarried);
  }
  return rows;
}

function writeRow(row: i32, rowStart: i32, isCarried: bool): void {
  // What every pixel changes is kept out of memory.
  const width = columns;
  const inside = onlyInside;
  let part = isPart;
  let length = runLength;
  let out = shareCount;
  let word = marks + ((row * words) << 3);
  const endWord = word + ((words - 1) << 3);
  let marked = load<u64>(word);
  /** The column of the word's first mark. */
  let base = 0;
  let column = marked == 0 ? 0 : (ctz(marked) as i32);
  let cell = cells + ((row * stride + column) << 4);
  let cover: f64 = 0;
  /** Where the span in work began; -1 where there is none. */
  let from = -1;
  while (column < width) {
    while (marked == 0 && word < endWord) {
      store<u64>(word, 0);
      word += 8;
      base += 64;
      marked = load<u64>(word);
    }
    const next = marked == 0 ? width : base + (ctz(marked) as i32);
    // Up to the next edge all pixels are alike.
    let count = next - column;
    let share: f64;
    if (count == 0) {
      count = 1;
      marked &= marked - 1;
      const left = v128.load(cell);
      v128.store(cell, f64x2.splat(0));
      share = evenOdd(cover + f64x2.extract_lane(left, 1));
      cover += f64x2.extract_lane(left, 0);
      if (isCarried) {
        share += load<f64>(carriedOf(cell));
        store<f64>(carriedOf(cell), 0);
      }
    } else share = evenOdd(cover);
    if (share > WHOLE && (inside || share < 2 - WHOLE)) {
      if (from < 0) from = column;
      if (part) {
        pushRun(length);
        part = false;
        length = 0;
      }
      length += count;
    } else if (share > NOTHING && !inside) {
      if (from < 0) from = column;
      if (!part) {
        pushRun(length);
        part = true;
        length = 0;
      }
      length += count;
      const bits = reinterpret<u64>(share) + (1 << 19);
      for (const end = out + count; out < end; out++) {
        store<u32>(fractions + (out << 2), (bits >> 20) as u32);
        store<u8>(exponents + out, ((bits >> 52) - EXPONENT) as u8);
      }
    } else if (from >= 0) {
      pushSpan(rowStart + from, column - from);
      from = -1;
    }
    column += count;
    cell += count << 4;
  }
  if (from >= 0) pushSpan(rowStart + from, width - from);
  isPart = part;
  runLength = length;
  shareCount = out;
  for (; word <= endWord; word += 8) store<u64>(word, 0);
  // What lies on the right border of the band is no pixel's.
  v128.store(cell, f64x2.splat(0));
}

/** @inline By the even-odd rule, how much of a pixel is inside of which `covered` is, sign and turns included. */
function evenOdd(covered: f64): f64 {
  return abs(covered - 2 * nearest(covered * 0.5));
}

/** @inline Where the carried share of a cell is. */
function carriedOf(cell: usize): usize {
  return carried + ((cell - cells) >> 1);
}

/** Writes a run; of a longer one the rest follows after one of no pixels. */
function pushRun(length: i32): void {
  for (; length > LONGEST; length -= LONGEST) {
    store<u16>(runs + (runCount << 1), LONGEST as u16);
    store<u16>(runs + (runCount << 1), 0, 2);
    runCount += 2;
  }
  store<u16>(runs + (runCount++ << 1), length as u16);
}

/** @inline */
function pushSpan(start: i32, length: i32): void {
  store<i32>(starts + (spanCount << 2), start);
  store<u16>(lengths + (spanCount++ << 1), length as u16);
}
