/**
 * From a code-block's bit-planes and signs to the values of its sub-band (ISO/IEC 15444-1 E.1).
 *
 * It is done by squares of 4 x 4 coefficients, the sixteen bits of a set that lie side by side in memory. In vectors of
 * bytes a square stands row by row.
 */
import { FLAGS, signsOfRow } from './contexts';
import { COMPLETE, onesOf, setStride } from './sets';

/** Bit-planes that fit into bytes. */
const BYTE: i32 = 8;
/** A square's magnitudes, eight bit-planes after the other. */
const JOINED: usize = memory.data(4 * 16, 16);
/** Which of a square are in COMPLETE: bytes of -1 or 0. */
const FINAL: usize = memory.data(16, 16);

/**
 * Writes a code-block into a plane of 32-bit values, `stride` bytes a row: integers for 5/3, floats, multiplied by `step`,
 * for 9/7.
 *
 * @param planes bit-planes that are coded
 * @param last the lowest of them of which anything was decoded; COMPLETE says for which coefficients
 * @param step half the quantization step
 */
export function writeCoefficients(
  width: i32,
  height: i32,
  planes: i32,
  last: i32,
  plane: usize,
  stride: usize,
  reversible: bool,
  step: f32,
): void {
  const flagStride: usize = (width + 2) * 4;
  const lowest = onesOf(last, width, height);
  const planeBytes = onesOf(last + 1, width, height) - lowest;
  let stripeFlags = FLAGS + flagStride + 4;
  let stripeSet = setStride(width) + 8;
  for (let y = 0; y < height; y += 4) {
    const rows = min(height - y, 4);
    let to = plane + (y as usize) * stride;
    for (let x = 0; x < width; x += 4) {
      const set = stripeSet + (x >> 1);
      const flags = v128.load(stripeFlags + (x << 2));
      joinPlanes(lowest + set, planeBytes, planes - last);
      v128.store(FINAL, membersOf(set + COMPLETE));
      for (let row = 0; row < rows; row++) {
        const twice = halfway(magnitudesOfRow(row, planes - last), row, last);
        const sign = signsOfRow(flags, row);
        const signed = i32x4.sub(v128.xor(twice, sign), sign);
        const value = reversible
          ? i32x4.sub(v128.xor(i32x4.shr_s(twice, 1), sign), sign)
          : f32x4.mul(f32x4.convert_i32x4_s(signed), f32x4.splat(step));
        writeRow(value, to + (row as usize) * stride, width - x);
      }
      to += 16;
    }
    stripeFlags += flagStride;
    stripeSet += setStride(width);
  }
}

/** @inline Bytes of -1 for those of a square that are in a set, 0 for the others. */
function membersOf(square: usize): v128 {
  const word = v128.load16_splat(square);
  const bits = i8x16(1, 16, 1, 16, 2, 32, 2, 32, 4, 64, 4, 64, 8, -128, 8, -128);
  return i8x16.eq(
    v128.and(i8x16.shuffle(word, word, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1), bits),
    bits,
  );
}

/** Fills JOINED from the square's bits in `count` bit-planes, the lowest of them at `lowest`. */
function joinPlanes(lowest: usize, planeBytes: usize, count: i32): void {
  let from = lowest + (count as usize) * planeBytes;
  let to = JOINED;
  for (let left = count; left > 0; left -= BYTE, to += 16) {
    let joined = i8x16.splat(0);
    for (let n = min(left, BYTE); n > 0; n--) {
      from -= planeBytes;
      joined = i8x16.sub(i8x16.add(joined, joined), membersOf(from));
    }
    v128.store(to, joined);
  }
}

/** @inline A row of JOINED, in which there are `count` bit-planes. */
function magnitudesOfRow(row: i32, count: i32): v128 {
  let from = JOINED + (row << 2);
  let magnitudes = i32x4.splat(0);
  for (; count > 0; count -= BYTE, from += 16) {
    const bytes = i32x4.extend_low_i16x8_u(v128.load8x8_u(from));
    magnitudes = v128.or(i32x4.shl(magnitudes, min(count, BYTE)), bytes);
  }
  return magnitudes;
}

/**
 * @inline Twice the magnitudes of a row: each in the middle of what it can be (E-6 and E-8 with r = 1/2), so with a bit of 1
 * below the last one decoded.
 */
function halfway(magnitudes: v128, row: i32, last: i32): v128 {
  const isFinal = i32x4.extend_low_i16x8_s(v128.load8x8_s(FINAL + (row << 2)));
  const twice = i32x4.add(i32x4.add(magnitudes, magnitudes), i32x4.add(i32x4.splat(2), isFinal));
  return v128.and(i32x4.shl(twice, last), i32x4.ne(magnitudes, i32x4.splat(0)));
}

/** @inline Of four columns no more than `columns`. */
function writeRow(values: v128, to: usize, columns: i32): void {
  if (columns >= 4) {
    v128.store(to, values);
    return;
  }
  v128.store_lane<i32>(to, values, 0);
  if (columns > 1) v128.store_lane<i32>(to, values, 1, 4);
  if (columns > 2) v128.store_lane<i32>(to, values, 2, 8);
}
