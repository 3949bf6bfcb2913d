/**
 * Statistics of pixels that each weigh something of their own, and statistics beyond the eight: both want the values in order
 * with the weight of each, which adding up by value gives without sorting. ../value-table.ts has the definitions.
 */

import {
  addAll,
  collectAll,
  collectMarked,
  count,
  findExtremes,
  least,
  markAll,
  most,
  take,
  takeShares,
  values,
  weights,
} from './value-bins';

let total: f64 = 0;
/** Up to which value quantiles were sought, and what those before it weigh. */
let place: i32 = 0;
let below: f64 = 0;

/**
 * Measures the `length` pixels from `pixels` on, which are overwritten, as is a vector after them.
 * @param shareCount the first shares of the block tell what so many pixels weigh that are covered in part; all others weigh 1
 * @param isWeighted quantiles are those of pixels that weigh their shares
 * @param noData left out besides 0
 * @param out gets count, mean, std, min, max and quartiles as doubles, and where they are wanted p05, p10, p90, p95, skew and the
 * weight of all pixels, those that don't count included; the count only, where that is 0
 */
export function measureWeighed(
  pixels: usize,
  length: i32,
  shareCount: i32,
  isWeighted: bool,
  noData: i32,
  isExtended: bool,
  out: usize,
): void {
  const end = pixels + ((length as usize) << 1);
  // Zeros fill the last vector.
  v128.store(end, i16x8.splat(0));
  findExtremes(pixels, end, noData);
  const isWide = most - least > length;
  if (isWide) markAll(pixels, end, noData);
  takeShares(pixels, shareCount);
  let lost = take(0);
  const added = addAll(pixels, end);
  lost += take(0) - ((added - length + shareCount) as f64);
  lost += take(noData);
  if (least > most) {
    store<f64>(out, 0);
    return;
  }
  if (isWide) collectMarked();
  else collectAll();
  moments(out, isExtended, lost);
  place = 0;
  below = 0;
  if (isExtended) {
    store<f64>(out, quantile(0.05, isWeighted), 64);
    store<f64>(out, quantile(0.1, isWeighted), 72);
  }
  store<f64>(out, quantile(0.25, isWeighted), 40);
  store<f64>(out, quantile(0.5, isWeighted), 48);
  store<f64>(out, quantile(0.75, isWeighted), 56);
  if (isExtended) {
    store<f64>(out, quantile(0.9, isWeighted), 80);
    store<f64>(out, quantile(0.95, isWeighted), 88);
  }
}

/** Writes all but the quantiles. */
function moments(out: usize, isExtended: bool, lost: f64): void {
  const first = load<f64>(values);
  const bytes = (count as usize) << 3;
  // An odd number is made even by a value that weighs nothing.
  store<f64>(values + bytes, first);
  store<f64>(weights + bytes, 0);
  const base = f64x2.splat(first);
  let weight = f64x2.splat(0);
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const w = v128.load(weights + at);
    weight = f64x2.add(weight, w);
    sum = f64x2.add(sum, f64x2.mul(w, f64x2.sub(v128.load(values + at), base)));
  }
  total = lanesOf(weight);
  const distance = lanesOf(sum) / total;
  const middle = f64x2.splat(distance);
  let squares = f64x2.splat(0);
  let cubes = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const d = f64x2.sub(f64x2.sub(v128.load(values + at), base), middle);
    const square = f64x2.mul(v128.load(weights + at), f64x2.mul(d, d));
    squares = f64x2.add(squares, square);
    cubes = f64x2.add(cubes, f64x2.mul(square, d));
  }
  const variance = lanesOf(squares) / total;
  store<f64>(out, total);
  store<f64>(out, first + distance, 8);
  store<f64>(out, count > 1 ? sqrt(variance) : 0, 16);
  store<f64>(out, first, 24);
  store<f64>(out, load<f64>(values + bytes - 8), 32);
  if (!isExtended) return;
  store<f64>(out, count > 1 ? lanesOf(cubes) / total / (variance * sqrt(variance)) : NaN, 96);
  store<f64>(out, total + lost, 104);
}

/** @inline */
function lanesOf(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** The value below which the share `q` of the weight lies; no smaller `q` may come after it. */
function quantile(q: f64, isWeighted: bool): f64 {
  return isWeighted ? weightedQuantile(q) : rankedQuantile(q);
}

function weightedQuantile(q: f64): f64 {
  const last = (count - 1) as f64;
  const target = q * (total * last);
  let at = place;
  let before = below;
  let held = below;
  let position: f64 = 0;
  for (; at < count; at++) {
    const weight = load<f64>(weights + ((at as usize) << 3));
    position = (at as f64) * weight + last * before;
    if (position > target) break;
    held = before;
    before += weight;
  }
  // The quantile lies between the value before `at` and that one.
  at--;
  const value = load<f64>(values + ((at as usize) << 3));
  const weight = load<f64>(weights + ((at as usize) << 3));
  place = at;
  below = held;
  if (at == count - 1) return value;
  const positionBefore = (at as f64) * weight + last * below;
  const next = load<f64>(values + ((at as usize) << 3), 8);
  return value + ((target - positionBefore) * (next - value)) / (position - positionBefore);
}

function rankedQuantile(q: f64): f64 {
  const rank = (total - 1) * q;
  const whole = floor(rank);
  let at = (place as usize) << 3;
  while (below + load<f64>(weights + at) <= whole) {
    below += load<f64>(weights + at);
    at += 8;
  }
  place = (at >> 3) as i32;
  const a = load<f64>(values + at);
  const b = below + load<f64>(weights + at) > whole + 1 ? a : load<f64>(values + at, 8);
  const fraction = rank - whole;
  return fraction < 0.5 ? a + (b - a) * fraction : b - (b - a) * (1 - fraction);
}
