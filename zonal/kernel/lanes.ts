/** Eight signed words, or four numbers, brought together to one. */

/** The smallest of eight signed words. */
export function lowest(words: v128): i32 {
  words = i16x8.min_s(words, i16x8.shuffle(words, words, 4, 5, 6, 7, 0, 1, 2, 3));
  words = i16x8.min_s(words, i16x8.shuffle(words, words, 2, 3, 0, 1, 2, 3, 0, 1));
  words = i16x8.min_s(words, i16x8.shuffle(words, words, 1, 0, 1, 0, 1, 0, 1, 0));
  return i16x8.extract_lane_s(words, 0);
}

/** The largest of eight signed words. */
export function highest(words: v128): i32 {
  return -1 - lowest(v128.not(words));
}

/** The sum of four signed numbers of 32 bits. */
export function total(numbers: v128): i64 {
  const pairs = i64x2.add(i64x2.extend_low_i32x4_s(numbers), i64x2.extend_high_i32x4_s(numbers));
  return i64x2.extract_lane(pairs, 0) + i64x2.extract_lane(pairs, 1);
}
