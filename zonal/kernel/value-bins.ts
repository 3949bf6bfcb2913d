/**
 * What the pixels of each value weigh, added up in a bin a value, and brought in order by it: without sorting. Between two parcels
 * all bins and marks are zero.
 */
import { EXPONENT, fractions, steps } from './block';
import { highest, lowest } from './lanes';

/** What the pixels of each value weigh, doubles; all are zero between two parcels. */
const bins: usize = memory.data(8 << 16, 16);
/** A byte for each 8 bins: 1 where one of them may hold something. */
const marks: usize = memory.data(1 << 13, 16);
/** The values that occur, ascending, and their weights, doubles; there is room for a vector behind them. */
export const values: usize = memory.data((8 << 16) + 16, 16);
export const weights: usize = memory.data((8 << 16) + 16, 16);

/** The smallest and the largest pixel that counts; where none does, the former is larger. */
export let least: i32 = 0;
export let most: i32 = 0;
/** How many values occur. */
export let count: i32 = 0;

/** Adds the shares of pixels covered in part to the bins of their values, and makes those pixels 0. */
export function takeShares(pixels: usize, shareCount: i32): void {
  let at = pixels;
  for (let share: usize = 0; share < (shareCount as usize); share++) {
    const step = load<u16>(steps + (share << 1)) as u64;
    at += ((step & 255) as usize) << 1;
    const bits = (((step >> 8) + EXPONENT) << 52) | ((load<u32>(fractions + (share << 2)) as u64) << 20);
    addTo(load<u16>(at), reinterpret<f64>(bits));
    store<u16>(at, 0);
    at += 2;
  }
}

/** Adds 1 to the bin of each pixel, four at a time. @returns how many there were, with what stands behind them */
export function addAll(from: usize, end: usize): i32 {
  let at = from;
  for (; at < end; at += 8) {
    addTo(load<u16>(at), 1);
    addTo(load<u16>(at, 2), 1);
    addTo(load<u16>(at, 4), 1);
    addTo(load<u16>(at, 6), 1);
  }
  return ((at - from) >> 1) as i32;
}

/** @inline */
function addTo(value: u32, weight: f64): void {
  const bin = bins + ((value as usize) << 3);
  store<f64>(bin, load<f64>(bin) + weight);
}

/** Takes a value's weight out of its bin. */
export function take(value: i32): f64 {
  const bin = bins + ((value as usize) << 3);
  const weight = load<f64>(bin);
  store<f64>(bin, 0);
  return weight;
}

/** Sets `least` and `most`. */
export function findExtremes(from: usize, end: usize, noData: i32): void {
  const none = i16x8.splat(noData as i16);
  const one = i16x8.splat(1);
  let low = i16x8.splat(-1);
  let high = i16x8.splat(0);
  for (let at = from; at < end; at += 16) {
    const pixels = v128.load(at);
    const words = v128.andnot(pixels, i16x8.eq(pixels, none));
    // What does not count becomes the largest word.
    low = i16x8.min_u(low, i16x8.sub(words, one));
    high = i16x8.max_u(high, words);
  }
  const sign = i16x8.splat(-32768);
  least = lowest(v128.xor(low, sign)) + 32769;
  most = highest(v128.xor(high, sign)) + 32768;
}

/** Marks the bins of all pixels that count. */
export function markAll(from: usize, end: usize, noData: i32): void {
  for (let at = from; at < end; at += 2) store<u8>(marks + ((load<u16>(at) as usize) >> 3), 1);
  // These two may lie beyond the extremes.
  if (least >> 3 > 0) store<u8>(marks, 0);
  if (least >> 3 > noData >> 3 || most >> 3 < noData >> 3) store<u8>(marks + ((noData as usize) >> 3), 0);
}

/** Sets `values` and `weights` from the bins between the extremes, and clears those. */
export function collectAll(): void {
  let at: usize = 0;
  for (let group = least >> 3; group <= most >> 3; group++) at = collectGroup(group, at);
  count = (at >> 3) as i32;
}

/** The same where the extremes lie far apart: from the bins that are marked; clears the marks too. */
export function collectMarked(): void {
  let at: usize = 0;
  const last = ((most >> 6) as usize) << 3;
  for (let word = ((least >> 6) as usize) << 3; word <= last; word += 8) {
    let marked = load<u64>(marks + word);
    store<u64>(marks + word, 0);
    while (marked != 0) {
      at = collectGroup((word as i32) + ((ctz(marked) as i32) >> 3), at);
      marked &= marked - 1;
    }
  }
  count = (at >> 3) as i32;
}

/** @inline Appends the values of eight bins that weigh something to `values` from `at` bytes on. @returns where they end */
function collectGroup(group: i32, at: usize): usize {
  let value = (group << 3) as f64;
  const first = bins + ((group as usize) << 6);
  for (let bin = first; bin < first + 64; bin += 8) {
    const weight = load<f64>(bin);
    // What weighs nothing is overwritten by the next.
    store<f64>(values + at, value);
    store<f64>(weights + at, weight);
    at += ((weight > 0) as usize) << 3;
    value += 1;
  }
  for (let bin = first; bin < first + 64; bin += 16) v128.store(bin, f64x2.splat(0));
  return at;
}
