/** A code-block, from its compressed bytes to wavelet coefficients (ISO/IEC 15444-1 Annex D, E.1). */
import { resetContexts, startDecoder } from './mq';
import { FLAGS, zeroCodingTable } from './contexts';
import { COEFFICIENTS, cleanupPass, refinementPass, significancePass } from './passes';
import { clearSets } from './sets';

/**
 * Decodes `passes` coding passes of a code-block of `width` x `height` coefficients and writes these into a plane of
 * 32-bit values, `stride` bytes a row: integers for 5/3, floats, multiplied by `step`, for 9/7.
 *
 * @param planes bit-planes that are coded: Mb - P of B.10.5
 * @param orientation of the sub-band: 0 LL, 1 HL, 2 LH, 3 HH
 * @param step half the quantization step: coefficients are held as twice their magnitude
 */
export function decodeBlock(
  data: usize,
  length: u32,
  passes: i32,
  planes: i32,
  orientation: u32,
  width: i32,
  height: i32,
  plane: usize,
  stride: usize,
  reversible: bool,
  step: f32,
): void {
  memory.fill(FLAGS, 0, (width + 2) * (((height + 3) >> 2) + 2) * 4);
  memory.fill(COEFFICIENTS, 0, width * ((height + 3) & ~3) * 4);
  clearSets(width, height);
  resetContexts();
  startDecoder(data, length);
  const zeroCoding = zeroCodingTable(orientation);
  // The first bit-plane has a cleanup pass only (D.3); after it the three take turns.
  let pass = 2;
  let bitPlane = planes - 1;
  for (let i = 0; i < passes && bitPlane >= 0; i++) {
    if (pass == 0) significancePass(width, height, bitPlane, zeroCoding);
    else if (pass == 1) refinementPass(width, height, bitPlane);
    else cleanupPass(width, height, bitPlane, zeroCoding);
    if (++pass == 3) {
      pass = 0;
      bitPlane--;
    }
  }
  for (let y = 0; y < height; y += 4) {
    const stripe = COEFFICIENTS + ((y * width) << 2);
    const top = plane + (y as usize) * stride;
    let x = 0;
    if (height - y >= 4) {
      for (; x + 4 <= width; x += 4) {
        writeSquare(stripe + (x << 4), top + (x << 2), stride, reversible, step);
      }
    }
    for (; x < width; x++) {
      writeColumn(stripe + (x << 4), min(height - y, 4), top + (x << 2), stride, reversible, step);
    }
  }
}

/** @inline Four coefficients as the sub-band's values: E.1.2 for 5/3, E.1.1 for 9/7 (float bits). */
function dequantize(coefficients: v128, reversible: bool, step: f32): v128 {
  const sign = i32x4.shr_s(coefficients, 31);
  const twice = v128.and(coefficients, i32x4.splat(0x7fffffff));
  if (reversible) return i32x4.sub(v128.xor(i32x4.shr_s(twice, 1), sign), sign);
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(v128.xor(twice, sign), sign)), f32x4.splat(step));
}

/** Four columns of a full stripe, transposed to rows. */
function writeSquare(columns: usize, to: usize, stride: usize, reversible: bool, step: f32): void {
  const a = dequantize(v128.load(columns), reversible, step);
  const b = dequantize(v128.load(columns, 16), reversible, step);
  const c = dequantize(v128.load(columns, 32), reversible, step);
  const d = dequantize(v128.load(columns, 48), reversible, step);
  const upperAB = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const upperCD = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const lowerAB = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const lowerCD = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(upperAB, upperCD, 0, 2));
  v128.store(to + stride, i64x2.shuffle(upperAB, upperCD, 1, 3));
  v128.store(to + 2 * stride, i64x2.shuffle(lowerAB, lowerCD, 0, 2));
  v128.store(to + 3 * stride, i64x2.shuffle(lowerAB, lowerCD, 1, 3));
}

/** A column of `rows` rows. */
function writeColumn(column: usize, rows: i32, to: usize, stride: usize, reversible: bool, step: f32): void {
  const values = dequantize(v128.load(column), reversible, step);
  v128.store_lane<i32>(to, values, 0);
  if (rows > 1) v128.store_lane<i32>(to + stride, values, 1);
  if (rows > 2) v128.store_lane<i32>(to + 2 * stride, values, 2);
  if (rows > 3) v128.store_lane<i32>(to + 3 * stride, values, 3);
}
