/**
 * What one pass over a parcel's pixels tells: how many count, their sum and squares, the smallest and the largest.
 *
 * Pixels are taken as signed words from here on, 32768 less than they are: the processor multiplies and compares those in
 * one instruction each. What does not count has become 0, so -32768, and lies below all that does.
 */
import { highest, lowest, total } from './lanes';

export const OFFSET: i32 = 32768;

/** Of the pixels that count: how many, the sum of them, and of their squared distances from the smallest. */
export let count: i32 = 0;
export let sum: i64 = 0;
export let squares: i64 = 0;
/** The smallest and the largest, as signed words. */
export let min: i32 = 0;
export let max: i32 = 0;

/** Brings the words from `from` to before `end`, whole vectors, into the form said above, and sets what stands there. */
export function summarise(from: usize, end: usize, noData: i32): void {
  const none = i16x8.splat(noData as i16);
  const nought = i16x8.splat(-OFFSET as i16);
  const ones = i16x8.splat(1);
  const lowWord = i64x2.splat(0xffffffff);
  let zeros = i16x8.splat(0);
  let sums = i32x4.splat(0);
  let products = i64x2.splat(0);
  let least = i16x8.splat(0x7fff);
  let most = nought;
  for (let at = from; at < end; at += 16) {
    const pixels = v128.load(at);
    const words = v128.xor(v128.andnot(pixels, i16x8.eq(pixels, none)), nought);
    v128.store(at, words);
    const isZero = i16x8.eq(words, nought);
    zeros = i16x8.sub(zeros, isZero);
    // 0x7fff is the smallest where nothing counts: nobody asks then.
    least = i16x8.min_s(least, v128.xor(words, isZero));
    most = i16x8.max_s(most, words);
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(words, ones));
    // At most 2^31, so as an unsigned number it is right.
    const pairs = i32x4.dot_i16x8_s(words, words);
    products = i64x2.add(products, v128.and(pairs, lowWord));
    products = i64x2.add(products, i64x2.shr_u(pairs, 32));
  }
  const lanes = ((end - from) >> 1) as i32;
  const left = total(i32x4.extadd_pairwise_i16x8_u(zeros));
  count = lanes - (left as i32);
  min = lowest(least);
  max = highest(most);
  // Of the signed words that count, the others (-32768 each) taken off.
  const words = total(sums) + left * OFFSET;
  const wordSquares = i64x2.extract_lane(products, 0) + i64x2.extract_lane(products, 1) - (left << 30);
  sum = words + (count as i64) * OFFSET;
  squares = wordSquares - 2 * (min as i64) * words + (min as i64) * min * count;
}
