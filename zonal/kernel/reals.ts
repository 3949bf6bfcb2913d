/**
 * Statistics of doubles: mean and variance in two passes and a correction (Chan, Golub and LeVeque 1983); for the quartiles the
 * values are dealt to bins by size, and of those only the ones that hold a wanted rank are gathered and sorted.
 */
import { sortDoubles } from './sort';

/** The most values there is room for, and a vector behind them. */
export const REALS: i32 = 1 << 16;
export const reals: usize = memory.data((8 << 16) + 16, 16);

const MOST_BINS: i32 = 256;
/** A bin costs as much as a few values: parcels of a few hundred pixels get fewer. */
const VALUES_A_BIN: i32 = 4;
/** How many values each bin has, 32 bits. */
const bins: usize = memory.data(4 << 8, 16);
/** The bin of each value, a byte; there is room for a vector behind them. */
const binOf: usize = memory.data((1 << 16) + 16, 16);
/** The values of the bins that hold a wanted rank. */
const picked: usize = memory.data(8 << 16, 16);

/** The ranks on both sides of each quartile: so many, and so many bins at most hold them. */
const RANKS: i32 = 6;
/** Where each of them is among the values that are picked, in order; and the bins, the last one repeated. 32 bits. */
const places: usize = memory.data(4 * 6, 16);
const wanted: usize = memory.data(4 * 6, 16);

let count: i32 = 0;
let sum: f64 = 0;
let min: f64 = 0;
let max: f64 = 0;

/**
 * Measures the first `length` of the reals, which may be moved; NaN is left out.
 * @param out gets count, mean, std, min, max and quartiles as doubles; the count only, where that is 0
 */
export function measureReals(length: i32, out: usize): void {
  summarise(length);
  if (count < length) leaveOutNaN(length);
  store<f64>(out, count as f64);
  if (count == 0) return;
  deal(out);
  store<f64>(out, min, 24);
  store<f64>(out, max, 32);
  pick(seekBins());
  for (let quarter = 1; quarter < 4; quarter++) {
    const place = places + ((quarter - 1) << 3);
    const a = load<f64>(picked + (load<u32>(place) << 3));
    const b = load<f64>(picked + (load<u32>(place, 4) << 3));
    const fraction = ((((count - 1) * quarter) & 3) as f64) / 4;
    // Rounded as numpy rounds it (../percentile.ts). On a rank itself nothing is added: two infinities have no difference.
    const between = fraction < 0.5 ? a + (b - a) * fraction : b - (b - a) * (1 - fraction);
    store<f64>(out + 32 + (quarter << 3), fraction == 0 ? a : between);
  }
}

/** How many there are that are no NaN, their sum, the smallest and the largest. */
function summarise(length: i32): void {
  const end = reals + ((length as usize) << 3);
  store<f64>(end, NaN);
  let counted = i64x2.splat(0);
  let sums = f64x2.splat(0);
  let least = f64x2.splat(Infinity);
  let most = f64x2.splat(-Infinity);
  for (let at = reals; at < end; at += 16) {
    const pair = v128.load(at);
    const isNumber = f64x2.eq(pair, pair);
    counted = i64x2.sub(counted, isNumber);
    sums = f64x2.add(sums, v128.and(pair, isNumber));
    // Where the second is NaN these are the first.
    least = f64x2.pmin(least, pair);
    most = f64x2.pmax(most, pair);
  }
  count = (i64x2.extract_lane(counted, 0) + i64x2.extract_lane(counted, 1)) as i32;
  sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  min = Math.min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  max = Math.max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

function leaveOutNaN(length: i32): void {
  const end = reals + ((length as usize) << 3);
  let to = reals;
  for (let at = reals; at < end; at += 8) {
    const value = load<f64>(at);
    store<f64>(to, value);
    if (value == value) to += 8;
  }
}

/** Writes mean and standard deviation, and on the way deals the values to the bins. */
function deal(out: usize): void {
  // With an infinite value, or next to no range, products are 0, infinite or NaN: those are of the first bin or the last one.
  const binCount = count >= MOST_BINS * VALUES_A_BIN ? MOST_BINS : (count + VALUES_A_BIN - 1) / VALUES_A_BIN;
  const scale = f64x2.splat(((binCount as f64) - 0.5) / (max - min));
  const last = i32x4.splat(binCount - 1);
  const mean = sum / (count as f64);
  const means = f64x2.splat(mean);
  const mins = f64x2.splat(min);
  let residuals = f64x2.splat(0);
  let squares = f64x2.splat(0);
  memory.fill(bins, 0, (binCount as usize) << 2);
  const end = reals + ((count as usize) << 3);
  const endOfPairs = end - (end & 8);
  let bin = binOf;
  for (let at = reals; at < end; at += 16, bin += 2) {
    const pair = v128.load(at);
    let difference = f64x2.sub(pair, means);
    const places = i32x4.min_s(i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.sub(pair, mins), scale)), last);
    const first = i32x4.extract_lane(places, 0);
    const second = i32x4.extract_lane(places, 1);
    store<u8>(bin, first);
    store<u8>(bin, second, 1);
    const ofFirst = bins + (first << 2);
    store<u32>(ofFirst, load<u32>(ofFirst) + 1);
    if (at < endOfPairs) {
      const ofSecond = bins + (second << 2);
      store<u32>(ofSecond, load<u32>(ofSecond) + 1);
    } else difference = f64x2.replace_lane(difference, 1, 0);
    residuals = f64x2.add(residuals, difference);
    squares = f64x2.add(squares, f64x2.mul(difference, difference));
  }
  const n = count as f64;
  const residual = f64x2.extract_lane(residuals, 0) + f64x2.extract_lane(residuals, 1);
  const square = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
  const variance = (square - residual * (residual / n)) / n;
  store<f64>(out, isFinite(residual) ? mean + residual / n : mean, 8);
  store<f64>(out, variance < 0 ? 0 : sqrt(variance), 16);
}

/** Finds the bins that hold the wanted ranks. @returns how many values they have */
function seekBins(): i32 {
  let bin = 0;
  let start = 0;
  let end = load<u32>(bins) as i32;
  let found = -1;
  let before = 0;
  let total = 0;
  for (let i = 0; i < RANKS; i++) {
    const quarters = (count - 1) * ((i >> 1) + 1);
    const rank = (quarters >> 2) + (i & 1 && quarters & 3 ? 1 : 0);
    while (end <= rank) {
      start = end;
      end += load<u32>(bins + (++bin << 2)) as i32;
    }
    if (bin != found) {
      found = bin;
      before = total - start;
      total += end - start;
    }
    store<u32>(places + (i << 2), rank + before);
    store<u32>(wanted + (i << 2), bin);
  }
  return total;
}

/** Gathers the `total` values of the wanted bins, in order. */
function pick(total: i32): void {
  const a = i8x16.splat(load<u8>(wanted));
  const b = i8x16.splat(load<u8>(wanted, 4));
  const c = i8x16.splat(load<u8>(wanted, 8));
  const d = i8x16.splat(load<u8>(wanted, 12));
  const e = i8x16.splat(load<u8>(wanted, 16));
  const f = i8x16.splat(load<u8>(wanted, 20));
  const end = picked + ((total as usize) << 3);
  let to = picked;
  for (let i: usize = 0; to < end; i += 16) {
    const some = v128.load(binOf + i);
    const first = v128.or(v128.or(i8x16.eq(some, a), i8x16.eq(some, b)), i8x16.eq(some, c));
    const second = v128.or(v128.or(i8x16.eq(some, d), i8x16.eq(some, e)), i8x16.eq(some, f));
    // Bins behind the last value are of some parcel before: there the values are all picked.
    for (let bits = i8x16.bitmask(v128.or(first, second)); bits != 0 && to < end; bits &= bits - 1) {
      store<f64>(to, load<f64>(reals + ((i + ctz(bits)) << 3)));
      to += 8;
    }
  }
  sortDoubles(picked, total);
}
