/**
 * Arithmetic of rows of doubles, as indices take it (../kernel-rows.ts): each loop is one operation on all numbers of a row, in
 * whole vectors, so that one number more may be written. No data is NaN, which every operation hands on.
 */

/** Numbers of a row: few enough for the processor's first cache. */
export const ROW: i32 = 1 << 10;
export const ROWS: i32 = 1 << 8;
export const rows: usize = memory.data((8 << 18) + 16, 16);

/**
 * Makes physical numbers of `count` words: `(word + offset) * scale / unit`, NaN of 0 and of `none`. Up to 14 bytes behind the
 * words may be read, and up to seven numbers more written.
 */
export function calibrate(
  words: usize,
  count: i32,
  none: f64,
  offset: f64,
  scale: f64,
  unit: f64,
  to: usize,
): void {
  const nones = f64x2.splat(none);
  const offsets = f64x2.splat(offset);
  const scales = f64x2.splat(scale);
  const units = f64x2.splat(unit);
  const end = words + ((count as usize) << 1);
  for (let at = words; at < end; at += 16, to += 64) {
    const eight = v128.load(at);
    const low = i32x4.extend_low_i16x8_u(eight);
    const high = i32x4.extend_high_i16x8_u(eight);
    store2(to, f64x2.convert_low_i32x4_u(low), nones, offsets, scales, units);
    store2(to + 16, f64x2.convert_low_i32x4_u(upper(low)), nones, offsets, scales, units);
    store2(to + 32, f64x2.convert_low_i32x4_u(high), nones, offsets, scales, units);
    store2(to + 48, f64x2.convert_low_i32x4_u(upper(high)), nones, offsets, scales, units);
  }
}

/** @inline */
function upper(four: v128): v128 {
  return i32x4.shuffle(four, four, 2, 3, 2, 3);
}

/** @inline */
function store2(to: usize, two: v128, nones: v128, offsets: v128, scales: v128, units: v128): void {
  // All bits set are a NaN.
  const isNone = v128.or(f64x2.eq(two, f64x2.splat(0)), f64x2.eq(two, nones));
  const physical = f64x2.div(f64x2.mul(f64x2.add(two, offsets), scales), units);
  v128.store(to, v128.or(physical, isNone));
}

export function add(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, b += 16, to += 16) v128.store(to, f64x2.add(v128.load(a), v128.load(b)));
}

export function subtract(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, b += 16, to += 16) v128.store(to, f64x2.sub(v128.load(a), v128.load(b)));
}

export function multiply(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, b += 16, to += 16) v128.store(to, f64x2.mul(v128.load(a), v128.load(b)));
}

/** NaN where the divisor is 0. */
export function divide(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  const nought = f64x2.splat(0);
  for (; to < end; a += 16, b += 16, to += 16) {
    const divisors = v128.load(b);
    v128.store(to, v128.or(f64x2.div(v128.load(a), divisors), f64x2.eq(divisors, nought)));
  }
}

export function least(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, b += 16, to += 16) v128.store(to, f64x2.min(v128.load(a), v128.load(b)));
}

export function greatest(a: usize, b: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, b += 16, to += 16) v128.store(to, f64x2.max(v128.load(a), v128.load(b)));
}

export function negate(a: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, to += 16) v128.store(to, f64x2.neg(v128.load(a)));
}

export function absolute(a: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, to += 16) v128.store(to, f64x2.abs(v128.load(a)));
}

export function root(a: usize, to: usize, count: i32): void {
  const end = to + ((count as usize) << 3);
  for (; to < end; a += 16, to += 16) v128.store(to, f64x2.sqrt(v128.load(a)));
}

/** Makes NaN of infinities among `count` numbers. @returns how many are left that are numbers */
export function keepFinite(from: usize, count: i32): i32 {
  const end = from + ((count as usize) << 3);
  const endOfPairs = end - ((end - from) & 8);
  let counted = i64x2.splat(0);
  for (let at = from; at < endOfPairs; at += 16) {
    const pair = v128.load(at);
    // An infinity less itself is NaN, any other number is what it was.
    const kept = f64x2.add(pair, f64x2.sub(pair, pair));
    v128.store(at, kept);
    counted = i64x2.sub(counted, f64x2.eq(kept, kept));
  }
  let left = (i64x2.extract_lane(counted, 0) + i64x2.extract_lane(counted, 1)) as i32;
  if (endOfPairs < end) {
    const last = load<f64>(endOfPairs);
    const kept = last + (last - last);
    store<f64>(endOfPairs, kept);
    if (kept == kept) left++;
  }
  return left;
}
