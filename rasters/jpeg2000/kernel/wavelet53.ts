/**
 * The inverse 5/3 wavelet (ISO/IEC 15444-1 F.3.8.1): integers, reversible, bit for bit.
 *
 * One level of a tile-component at a time (2D_SR, F.3.2), as a stream: each row of the four sub-bands is synthesised
 * horizontally once (HOR_SR), and rows are combined vertically (VER_SR) as soon as their neighbours are there, so the
 * rows in work stay in the processor's nearest cache. Edges are extended symmetrically (F.3.7) by repeating the one
 * neighbour that exists.
 *
 * Rows are padded: 16 bytes may be read and written beyond either end.
 */

/** @inline F-5, the even samples: x - floor((a + b + 2) / 4), four at a time. */
function evenStep(x: v128, a: v128, b: v128): v128 {
  return i32x4.sub(x, i32x4.shr_s(i32x4.add(i32x4.add(a, b), i32x4.splat(2)), 2));
}

/** @inline F-6, the odd samples: x + floor((a + b) / 2). */
function oddStep(x: v128, a: v128, b: v128): v128 {
  return i32x4.add(x, i32x4.shr_s(i32x4.add(a, b), 1));
}

/**
 * 1D_SR (F.3.6) of one row.
 * @param low, high `lowCount` and `highCount` coefficients; a word before and after the high ones is overwritten
 * @param odd 1 where the row begins at an odd position, so with a high-pass coefficient
 * @param evens room for the even samples while the odd ones are made
 */
function synthesiseRow(
  low: usize,
  high: usize,
  lowCount: i32,
  highCount: i32,
  odd: i32,
  out: usize,
  evens: usize,
): void {
  if (highCount == 0) {
    memory.copy(out, low, lowCount << 2);
    return;
  }
  if (lowCount == 0) {
    store<i32>(out, load<i32>(high) >> 1); // a row of one sample at an odd position (F.3.6)
    return;
  }
  store<i32>(high - 4, load<i32>(high));
  store<i32>(high + (highCount << 2), load<i32>(high + ((highCount - 1) << 2)));
  const right = high + (odd << 2);
  for (let n = 0; n < lowCount; n += 4) {
    const o = (n as usize) << 2;
    v128.store(evens + o, evenStep(v128.load(low + o), v128.load(right + o - 4), v128.load(right + o)));
  }
  store<i32>(evens - 4, load<i32>(evens));
  store<i32>(evens + (lowCount << 2), load<i32>(evens + ((lowCount - 1) << 2)));
  const left = evens - (odd << 2);
  for (let n = 0; n < max(lowCount, highCount); n += 4) {
    const o = (n as usize) << 2;
    const odds = oddStep(v128.load(high + o), v128.load(left + o), v128.load(left + o + 4));
    const even = v128.load(evens + o);
    const first = odd ? odds : even;
    const second = odd ? even : odds;
    v128.store(out + (o << 1), i32x4.shuffle(first, second, 0, 4, 1, 5));
    v128.store(out + (o << 1) + 16, i32x4.shuffle(first, second, 2, 6, 3, 7));
  }
}

function evenRow(low: usize, above: usize, below: usize, out: usize, width: i32): void {
  for (let x = 0; x < width; x += 4) {
    const o = (x as usize) << 2;
    v128.store(out + o, evenStep(v128.load(low + o), v128.load(above + o), v128.load(below + o)));
  }
}

function oddRow(high: usize, above: usize, below: usize, out: usize, width: i32): void {
  for (let x = 0; x < width; x += 4) {
    const o = (x as usize) << 2;
    v128.store(out + o, oddStep(v128.load(high + o), v128.load(above + o), v128.load(below + o)));
  }
}

/**
 * One level: LL, HL, LH and HH to the next resolution level, which covers [x0, x1) x [y0, y1) of its own coordinates.
 *
 * @param stride, outStride bytes a row; HL, LH and HH share theirs
 * @param scratch room for six rows of (width + 32) words
 */
export function inverse53(
  ll: usize,
  llStride: usize,
  hl: usize,
  lh: usize,
  hh: usize,
  stride: usize,
  x0: i32,
  y0: i32,
  x1: i32,
  y1: i32,
  out: usize,
  outStride: usize,
  scratch: usize,
): void {
  const width = x1 - x0;
  const oddX = x0 & 1;
  const oddY = y0 & 1;
  const lowX = ((x1 + 1) >> 1) - ((x0 + 1) >> 1);
  const lowY = ((y1 + 1) >> 1) - ((y0 + 1) >> 1);
  const highX = width - lowX;
  const highY = y1 - y0 - lowY;
  const rowBytes = ((width + 32) as usize) << 2;
  const evens = scratch + 16;
  const lowRow = evens + rowBytes;
  const ring = lowRow + rowBytes; // the three latest rows of LH with HH
  if (lowY == 0) {
    synthesiseRow(lh, hh, lowX, highX, oddX, lowRow, evens);
    for (let x = 0; x < width; x++) store<i32>(out + (x << 2), load<i32>(lowRow + (x << 2)) >> 1);
    return;
  }
  let made = 0; // rows of LH with HH
  for (let n = 0; n < lowY; n++) {
    const low = ll + (n as usize) * llStride;
    const even = out + ((2 * n + oddY) as usize) * outStride;
    synthesiseRow(low, hl + (n as usize) * stride, lowX, highX, oddX, highY ? lowRow : even, evens);
    if (highY == 0) continue;
    const above = min(max(n - 1 + oddY, 0), highY - 1);
    const below = min(n + oddY, highY - 1);
    for (; made <= below; made++) {
      const row = (made as usize) * stride;
      synthesiseRow(lh + row, hh + row, lowX, highX, oddX, ring + ((made % 3) as usize) * rowBytes, evens);
    }
    evenRow(
      lowRow,
      ring + ((above % 3) as usize) * rowBytes,
      ring + ((below % 3) as usize) * rowBytes,
      even,
      width,
    );
    // The odd row above this even one has both its neighbours now.
    const odd = n - 1 + oddY;
    if (odd >= 0 && odd < highY) {
      const previous = n > 0 ? even - 2 * outStride : even;
      oddRow(ring + ((odd % 3) as usize) * rowBytes, previous, even, even - outStride, width);
    }
  }
  const odd = lowY - 1 + oddY;
  if (odd < highY) {
    const row = (odd as usize) * stride;
    const high = ring + ((odd % 3) as usize) * rowBytes;
    if (made <= odd) synthesiseRow(lh + row, hh + row, lowX, highX, oddX, high, evens);
    const even = out + ((2 * (lowY - 1) + oddY) as usize) * outStride;
    oddRow(high, even, even, even + outStride, width);
  }
}
