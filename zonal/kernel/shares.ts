/** The pixels that a parcel covers, wholly or in part, out of what its edges left in the cells of a band. */
import { RUNS, SHARES, SPANS, lengths, runs, shares, starts } from './block';
import { CELLS, cells, columns, highOf, lowOf, rows, stride, widen } from './cells';

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
/** The column in which the span in work began; -1 where there is none. */
let spanFrom: i32 = -1;

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
    const low = lowOf(row);
    const last = min(highOf(row), columns - 1);
    let cover: f64 = 0;
    let at = row * stride + low;
    for (let column = low; column <= last; column++, at++) {
      const cell = v128.load(cells + (at << 4));
      addCarried(at, evenOdd(cover + f64x2.extract_lane(cell, 1)));
      cover += f64x2.extract_lane(cell, 0);
      v128.store(cells + (at << 4), f64x2.splat(0));
    }
    clearBorder(row);
    if (cover == 0 || low > last) continue;
    for (let column = last + 1; column < columns; column++, at++) addCarried(at, evenOdd(cover));
    widen(row, low, columns - 1);
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
    const most = columns - lowOf(row);
    const hasRoom = spanCount + (most >> 1) < SPANS && shareCount + most < SHARES && runCount + most + 4 < RUNS;
    if (!hasRoom) return row;
    writeRow(row, firstPixel + row * gridWidth, isCarried);
  }
  return rows;
}

function writeRow(row: i32, rowStart: i32, isCarried: bool): void {
  const last = min(highOf(row), columns - 1);
  let cover: f64 = 0;
  let column = lowOf(row);
  let at = row * stride + column;
  while (column <= last) {
    const cell = v128.load(cells + (at << 4));
    v128.store(cells + (at << 4), f64x2.splat(0));
    let share = evenOdd(cover + f64x2.extract_lane(cell, 1));
    cover += f64x2.extract_lane(cell, 0);
    if (isCarried) share += takeCarried(at);
    push(column, 1, share, rowStart);
    column++;
    at++;
    if (isCarried) continue;
    // Up to the next edge all pixels are alike.
    const from = column;
    while (column < last && !v128.any_true(v128.load(cells + (at << 4)))) {
      column++;
      at++;
    }
    if (column > from) push(from, column - from, evenOdd(cover), rowStart);
  }
  clearBorder(row);
  if (column < columns) push(column, columns - column, evenOdd(cover), rowStart);
  closeSpan(columns, rowStart);
}

/** @inline Takes `count` pixels of a row, from `column` on, that are covered to the same share. */
function push(column: i32, count: i32, share: f64, rowStart: i32): void {
  if (share > WHOLE && (onlyInside || share < 2 - WHOLE)) pushWhole(column, count);
  else if (share > NOTHING && !onlyInside) pushPart(column, count, share);
  else closeSpan(column, rowStart);
}

/** @inline By the even-odd rule, how much of a pixel is inside of which `covered` is, sign and turns included. */
function evenOdd(covered: f64): f64 {
  return abs(covered - 2 * nearest(covered * 0.5));
}

/** @inline */
function addCarried(at: i32, share: f64): void {
  store<f64>(carried + (at << 3), load<f64>(carried + (at << 3)) + share);
}

/** @inline */
function takeCarried(at: i32): f64 {
  const share = load<f64>(carried + (at << 3));
  store<f64>(carried + (at << 3), 0);
  return share;
}

/** @inline Forgets what lies on the right border of the band. */
function clearBorder(row: i32): void {
  if (highOf(row) == columns) v128.store(cells + ((row * stride + columns) << 4), f64x2.splat(0));
}

/** @inline */
function pushWhole(column: i32, count: i32): void {
  if (spanFrom < 0) spanFrom = column;
  if (isPart) {
    pushRun(runLength);
    isPart = false;
    runLength = 0;
  }
  runLength += count;
}

/** @inline */
function pushPart(column: i32, count: i32, share: f64): void {
  if (spanFrom < 0) spanFrom = column;
  if (!isPart) {
    pushRun(runLength);
    isPart = true;
    runLength = 0;
  }
  runLength += count;
  for (; count > 0; count--) store<f64>(shares + (shareCount++ << 3), share);
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

/** @inline Writes the span in work, which ends before `column`. */
function closeSpan(column: i32, rowStart: i32): void {
  if (spanFrom < 0) return;
  store<i32>(starts + (spanCount << 2), rowStart + spanFrom);
  store<u16>(lengths + (spanCount++ << 1), (column - spanFrom) as u16);
  spanFrom = -1;
}
