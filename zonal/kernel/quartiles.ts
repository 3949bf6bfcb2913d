/**
 * The quartiles, found without sorting and without counting value by value: how many words are larger than a probe takes one
 * pass of compares, so the value of a rank is found by guessing and halving, all three at the same time in the lanes of a
 * vector (lane 3 repeats lane 2). Most parcels take four passes, as their pixels are spread about normally.
 */
import { lowest } from './lanes';
import { OFFSET, count, max, min } from './summary';

/** The lower neighbours of the quartiles by rank, and the upper ones, as signed words. */
export let values: v128 = i32x4.splat(0);
export let nexts: v128 = i32x4.splat(0);

/** Where the quartiles of a normal distribution lie, in standard deviations from the mean. */
const NORMAL_QUARTILES = f32x4(-0.6745, 0, 0.6745, 0.6745);
/** The inverse of its density there, and half as much again: to end up a little beyond the value when stepping towards it. */
const NORMAL_STEPS = f32x4(4.7, 3.8, 4.7, 4.7);

/** Finds the quartiles of what `summarise` left from `from` to before `end`, whole pairs of vectors. */
export function findQuartiles(from: usize, end: usize, mean: f32, deviation: f32): void {
  const one = i32x4.splat(1);
  const last = count - 1;
  const third = last - ((last * 3) >> 2);
  // So many words have a higher rank than the value looked for.
  const above = i32x4(last - (last >> 2), last - (last >> 1), third, third);
  // The value looked for is larger than `low` and not larger than `high`; `higher` words are larger than that.
  let low = i32x4.splat(min - 1);
  let high = i32x4.splat(max);
  let higher = i32x4.splat(0);
  const guess = f32x4.mul(f32x4.splat(deviation), NORMAL_QUARTILES);
  let probe = rounded(f32x4.add(f32x4.splat(mean - (OFFSET as f32)), guess));
  for (let first = true; v128.any_true(i32x4.gt_s(i32x4.sub(high, low), one)); first = false) {
    probe = i32x4.max_s(i32x4.min_s(probe, i32x4.sub(high, one)), i32x4.add(low, one));
    const counted = countAbove(from, end, probe);
    const enough = i32x4.le_s(counted, above);
    high = v128.bitselect(probe, high, enough);
    higher = v128.bitselect(counted, higher, enough);
    low = v128.bitselect(low, probe, enough);
    if (first) {
      const missed = f32x4.convert_i32x4_s(i32x4.sub(counted, above));
      const perWord = f32x4.mul(f32x4.splat(deviation / (count as f32)), NORMAL_STEPS);
      const further = v128.bitselect(i32x4.splat(-1), one, enough);
      probe = i32x4.add(i32x4.add(probe, further), rounded(f32x4.mul(missed, perWord)));
    } else probe = i32x4.shr_s(i32x4.add(low, high), 1);
  }
  values = high;
  // The next rank has the same value unless all words above it are larger.
  nexts = v128.bitselect(leastAbove(from, end, high), high, i32x4.eq(higher, above));
}

/** @inline */
function rounded(numbers: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(numbers));
}

/** How many words are larger than each of the probes. */
function countAbove(from: usize, end: usize, probes: v128): v128 {
  const first = i16x8.splat(i32x4.extract_lane(probes, 0) as i16);
  const second = i16x8.splat(i32x4.extract_lane(probes, 1) as i16);
  const third = i16x8.splat(i32x4.extract_lane(probes, 2) as i16);
  let a = i16x8.splat(0);
  let b = i16x8.splat(0);
  let c = i16x8.splat(0);
  for (let at = from; at < end; at += 32) {
    const words = v128.load(at);
    const others = v128.load(at, 16);
    a = i16x8.sub(i16x8.sub(a, i16x8.gt_s(words, first)), i16x8.gt_s(others, first));
    b = i16x8.sub(i16x8.sub(b, i16x8.gt_s(words, second)), i16x8.gt_s(others, second));
    c = i16x8.sub(i16x8.sub(c, i16x8.gt_s(words, third)), i16x8.gt_s(others, third));
  }
  a = i32x4.extadd_pairwise_i16x8_u(a);
  b = i32x4.extadd_pairwise_i16x8_u(b);
  c = i32x4.extadd_pairwise_i16x8_u(c);
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cc = i32x4.add(c, i32x4.shuffle(c, c, 2, 3, 2, 3));
  return i32x4.add(i32x4.shuffle(ab, cc, 0, 1, 4, 4), i32x4.shuffle(ab, cc, 2, 3, 5, 5));
}

/** The smallest of the words that are larger than each of the probes; the largest possible one where there is none. */
function leastAbove(from: usize, end: usize, probes: v128): v128 {
  const first = i16x8.splat(i32x4.extract_lane(probes, 0) as i16);
  const second = i16x8.splat(i32x4.extract_lane(probes, 1) as i16);
  const third = i16x8.splat(i32x4.extract_lane(probes, 2) as i16);
  const most = i16x8.splat(0x7fff);
  let a = most;
  let b = most;
  let c = most;
  for (let at = from; at < end; at += 16) {
    const words = v128.load(at);
    a = i16x8.min_s(a, v128.bitselect(words, most, i16x8.gt_s(words, first)));
    b = i16x8.min_s(b, v128.bitselect(words, most, i16x8.gt_s(words, second)));
    c = i16x8.min_s(c, v128.bitselect(words, most, i16x8.gt_s(words, third)));
  }
  return i32x4(lowest(a), lowest(b), lowest(c), 0);
}
